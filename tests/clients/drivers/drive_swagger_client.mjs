// Drive a WebUI with the client that swagger-client makes of its /openapi.json.
import assert from 'node:assert'
import { createRequire } from 'node:module'

const require = createRequire(process.cwd() + '/')
const swagger = require('swagger-client')
const base = process.argv[2]
const client = await (swagger.default ?? swagger)(base + '/openapi.json')
client.spec.servers = [{ url: base }]
const operations = Object.assign({}, ...Object.values(client.apis))
const send = (name, requestBody) => operations[name]({}, { requestBody })
const small = { prompt: 'a boat', width: 64, height: 64, steps: 2, seed: 7 }

const made = (await send('text2imgapi_sdapi_v1_txt2img_post', small)).body
assert.equal(made.images.length, 1)
const again = { ...small, init_images: made.images }
assert.equal((await send('img2imgapi_sdapi_v1_img2img_post', again)).body.images.length, 1)
await send('set_config_sdapi_v1_options_post', { samples_format: 'webp' })
const options = (await operations.get_config_sdapi_v1_options_get()).body
assert.equal(options.samples_format, 'webp')
const asked = { skip_current_image: true }
assert.equal((await operations.progressapi_sdapi_v1_progress_get(asked)).body.progress, 0)
const lists = Object.keys(operations).filter((name) => /^get_.*_sdapi_v1_.*_get$/.test(name))
assert.ok(lists.length > 15)
for (const name of lists) {
  assert.equal((await operations[name]()).status, 200)
}
