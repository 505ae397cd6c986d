// The form's settings: which there are, in which card, and how each is entered. Defaults and ranges
// are the server's; `choices` names one of its lists.

const whole = (path, label, more = {}) => ({ path, label, kind: "number", step: 1, ...more });
const real = (path, label, step, more = {}) => ({ path, label, kind: "number", step, ...more });
const choice = (path, label, choices, more = {}) => ({ path, label, kind: "choice", choices, ...more });
const text = (path, label, more = {}) => ({ path, label, kind: "text", ...more });
const toggle = (path, label, more = {}) => ({ path, label, kind: "switch", ...more });
const list = (path, label, choices, more = {}) => ({ path, label, kind: "list", choices, ...more });

const sampling = (section, prefix = "") => [
  choice(`${section}.${prefix}sampler_name`, "Sampler", "samplers"),
  choice(`${section}.${prefix}scheduler`, "Scheduler", "schedulers"),
];

const detector = (name, title) => ({
  title,
  enabled: `adetailer.${name}.enabled`,
  fields: [
    choice(`adetailer.${name}.model`, "Detector", "adetailer_models"),
    real(`adetailer.${name}.confidence`, "Confidence", 0.05),
    real(`adetailer.${name}.denoising_strength`, "Denoising", 0.05),
  ],
  more: [
    text(`adetailer.${name}.prompt`, "Prompt", { span: "wide" }),
    text(`adetailer.${name}.negative_prompt`, "Negative prompt", { span: "wide" }),
    whole(`adetailer.${name}.steps`, "Steps"),
    real(`adetailer.${name}.cfg_scale`, "CFG scale", 0.5),
    ...sampling(`adetailer.${name}`),
    whole(`adetailer.${name}.mask_k_largest`, "Largest only"),
    whole(`adetailer.${name}.mask_blur`, "Mask blur"),
    whole(`adetailer.${name}.dilate_erode`, "Dilate or erode"),
    whole(`adetailer.${name}.inpaint_padding`, "Padding"),
  ],
});

export const CARDS = [
  {
    title: "Text to image",
    section: "txt2img",
    fields: [
      choice("txt2img.checkpoint", "Model", "checkpoints", { span: "double" }),
      ...sampling("txt2img"),
      whole("txt2img.width", "Width", { step: 8 }),
      whole("txt2img.height", "Height", { step: 8 }),
      whole("txt2img.steps", "Steps"),
      real("txt2img.cfg_scale", "CFG scale", 0.5),
      whole("txt2img.seed", "Seed", { isDrawn: true }),
      whole("txt2img.n_iter", "Batches"),
      whole("txt2img.batch_size", "Batch size"),
      whole("txt2img.clip_skip", "Clip skip"),
    ],
    more: [
      choice("txt2img.vae", "VAE", "vaes"),
      whole("txt2img.subseed", "Variation seed", { isDrawn: true }),
      real("txt2img.subseed_strength", "Variation strength", 0.05),
      list("txt2img.styles", "Styles", "styles", { span: "wide" }),
      list("txt2img.additional_modules", "Modules (Forge)", "modules", { span: "wide" }),
      real("txt2img.distilled_cfg_scale", "Distilled CFG (Forge)", 0.5),
    ],
  },
  {
    title: "Hires fix",
    section: "txt2img",
    enabled: "txt2img.hires_enabled",
    fields: [
      choice("txt2img.hires_upscaler", "Upscaler", "hires_upscalers"),
      real("txt2img.hires_scale", "Scale", 0.25),
      real("txt2img.hires_denoising_strength", "Denoising", 0.05),
      whole("txt2img.hires_steps", "Steps"),
    ],
    more: [
      whole("txt2img.hires_resize_x", "Width", { step: 8 }),
      whole("txt2img.hires_resize_y", "Height", { step: 8 }),
      choice("txt2img.hires_checkpoint", "Model", "checkpoints"),
      ...sampling("txt2img", "hires_"),
    ],
  },
  {
    title: "Refiner",
    section: "txt2img",
    enabled: "txt2img.refiner_enabled",
    fields: [
      choice("txt2img.refiner_checkpoint", "Model", "checkpoints", { span: "double" }),
      real("txt2img.refiner_switch_at", "Switch at", 0.05),
    ],
  },
  {
    title: "Image to image",
    section: "img2img",
    enabled: "img2img.enabled",
    fields: [
      real("img2img.denoising_strength", "Denoising", 0.05),
      whole("img2img.steps", "Steps"),
      real("img2img.cfg_scale", "CFG scale", 0.5),
      choice("img2img.checkpoint", "Model", "checkpoints"),
    ],
    more: [
      text("img2img.prompt", "Prompt", { span: "wide" }),
      text("img2img.negative_prompt", "Negative prompt", { span: "wide" }),
      ...sampling("img2img"),
      choice("img2img.vae", "VAE", "vaes"),
      whole("img2img.seed", "Seed"),
    ],
  },
  {
    title: "ADetailer",
    section: "adetailer",
    enabled: "adetailer.enabled",
    groups: [detector("face", "Faces"), detector("hand", "Hands")],
  },
  {
    title: "Upscale",
    section: "upscale",
    enabled: "upscale.enabled",
    fields: [
      choice("upscale.upscaler", "Upscaler", "upscalers"),
      real("upscale.resize", "Scale", 0.25),
      { ...choice("upscale.mode", "By", null), options: ["extras", "img2img"] },
    ],
    more: [
      choice("upscale.upscaler_2", "Second upscaler", "upscalers"),
      real("upscale.upscaler_2_visibility", "Its visibility", 0.05),
      real("upscale.gfpgan_visibility", "GFPGAN", 0.05),
      real("upscale.codeformer_visibility", "CodeFormer", 0.05),
      real("upscale.codeformer_weight", "CodeFormer weight", 0.05),
      real("upscale.denoising_strength", "Denoising (img2img)", 0.05),
      whole("upscale.steps", "Steps (img2img)"),
      ...sampling("upscale"),
    ],
  },
  {
    title: "Prompts for every job",
    section: "pipeline",
    optional: true,
    fields: [
      text("pipeline.global_prompt", "In front of each prompt", { span: "wide" }),
      text("pipeline.global_negative_prompt", "In front of each negative prompt", { span: "wide" }),
      text("pipeline.default_negative_prompt", "Negative prompt where a job has none", { span: "wide" }),
    ],
  },
];

/** Sizes that SDXL models were trained on, by shape. */
export const SIZES = [
  ["Square", 1024, 1024],
  ["Portrait 3:4", 896, 1152],
  ["Portrait 2:3", 832, 1216],
  ["Landscape 4:3", 1152, 896],
  ["Landscape 3:2", 1216, 832],
  ["Wide 16:9", 1344, 768],
];
