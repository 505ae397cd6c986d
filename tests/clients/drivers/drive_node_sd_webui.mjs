// Drive a WebUI with node-sd-webui: pictures with and without a picture, and what they say.
import assert from 'node:assert'
import { createRequire } from 'node:module'

const require = createRequire(process.cwd() + '/')
const { default: sdwebui } = require('node-sd-webui')

const client = sdwebui({ apiUrl: process.argv[2] })
const small = { prompt: 'a boat', width: 64, height: 64, steps: 2, seed: 7 }
const made = await client.txt2img(small)
assert.equal(made.images.length, 1)
const again = await client.img2img({ ...small, imageData: made.images })
assert.equal(again.images.length, 1)
const said = await client.pngInfo({ imageData: 'data:image/png;base64,' + made.images[0] })
assert.equal(said.prompt, 'a boat')
