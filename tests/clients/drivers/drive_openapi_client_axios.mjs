// Drive a WebUI with the client that openapi-client-axios makes of its /openapi.json.
import assert from 'node:assert'
import { createRequire } from 'node:module'

const require = createRequire(process.cwd() + '/')
const { OpenAPIClientAxios } = require('openapi-client-axios')

const base = process.argv[2]
const api = new OpenAPIClientAxios({
  definition: base + '/openapi.json',
  withServer: { url: base },
})
const client = await api.init()
const small = { prompt: 'a boat', width: 64, height: 64, steps: 2, seed: 7 }

const made = (await client.text2imgapi_sdapi_v1_txt2img_post(null, small)).data
assert.equal(made.images.length, 1)
const again = { ...small, init_images: made.images }
assert.equal((await client.img2imgapi_sdapi_v1_img2img_post(null, again)).data.images.length, 1)
const larger = { image: made.images[0], upscaling_resize: 2 }
assert.ok((await client.extras_single_image_api_sdapi_v1_extra_single_image_post(null, larger)).data.image)
const read = await client.pnginfoapi_sdapi_v1_png_info_post(null, { image: made.images[0] })
assert.match(read.data.info, /Steps: 2/)
await client.set_config_sdapi_v1_options_post(null, { samples_format: 'webp' })
const options = (await client.get_config_sdapi_v1_options_get()).data
assert.equal(options.samples_format, 'webp')
const progress = await client.progressapi_sdapi_v1_progress_get({ skip_current_image: true })
assert.equal(progress.data.progress, 0)
await client.interruptapi_sdapi_v1_interrupt_post()
for (const operation of api.getOperations()) {
  if (operation.method === 'get' && /^get_.*_sdapi_v1_/.test(operation.operationId)) {
    assert.equal((await client[operation.operationId]()).status, 200)
  }
}
