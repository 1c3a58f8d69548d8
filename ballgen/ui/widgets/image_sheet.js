// Small images in rows. They can follow one of Streamlit's sliders while it is dragged, which itself
// asks the server only when it is let go.

export default function ({ data, parentElement, setTriggerValue }) {
  const { view, leave } = viewAt(parentElement, ".sheet", View)
  view.ask = () => setTriggerValue("touched", true)
  view.show(data)
  return leave
}

const HAPPENINGS = ["pointerover", "pointermove", "focusin", "keydown", "keyup", "input"]

class View {
  constructor(host) {
    this.host = host
    this.rows = new Rows(host)
    const stopWatching = watchRoom(host, () => this.draw())
    const happened = (event) => this.happened(event)
    HAPPENINGS.forEach((name) => document.addEventListener(name, happened, true))
    this.close = () => {
      stopWatching()
      HAPPENINGS.forEach((name) => document.removeEventListener(name, happened, true))
    }
  }

  // The old images stay until the new ones are decoded, so that nothing flashes.
  async show(data) {
    this.wanted = data
    this.asked = false
    this.host.setAttribute("aria-label", data.alt)
    const sheets = await Promise.all(data.rows.map((row) => decode(row.sheet)))
    if (this.wanted !== data) return // overtaken by newer ones
    this.data = data
    this.sheets = sheets
    // A slider that is dragged at this moment is ahead of what the server knows.
    this.frame = this.place() ?? 0
    this.host.dataset.frames = data.follow?.frames ?? 1
    this.draw()
  }

  happened({ target }) {
    const follow = this.wanted?.follow
    if (!follow) return
    if (follow.asks && !this.asked && target.closest?.(`.st-key-${follow.slider}`)) {
      this.asked = true
      this.ask()
    }
    // The slider moves after it has heard of it.
    requestAnimationFrame(() => {
      const frame = this.place()
      if (frame === null || frame === this.frame) return
      this.frame = frame
      this.draw()
    })
  }

  // The frame that belongs to where the slider stands; null where none follows.
  place() {
    const { slider, frames } = this.data?.follow ?? {}
    if (!(frames > 1)) return null
    const input = document.querySelector(`.st-key-${slider} input[type=range]`)
    if (!input) return null
    const share = (Number(input.value) - input.min) / (input.max - input.min)
    return Math.round(share * (frames - 1))
  }

  draw() {
    const { data, sheets, frame } = this
    if (data && this.rows.layOut(data)) this.rows.paint(sheets, data, frame * data.count)
  }
}
