// Stands before the script of each component whose images follow Streamlit's sliders while somebody
// drags one: a slider itself asks the server only when it is released.

const EVENTS = ["pointerover", "pointermove", "focusin", "keydown", "keyup", "input"]

// What extends it draws `sheets`, one for each of `data.rows` that has one, at the present `frame`.
class Following {
  constructor(host) {
    this.host = host
    const stopWatching = watchRoom(host, () => this.draw())
    const happened = (event) => this.happened(event)
    EVENTS.forEach((name) => document.addEventListener(name, happened, true))
    this.close = () => {
      stopWatching()
      EVENTS.forEach((name) => document.removeEventListener(name, happened, true))
    }
  }

  // The old images stay until the new ones are decoded, so that nothing flashes.
  async show(data) {
    this.wanted = data
    this.asked = false
    this.host.setAttribute("aria-label", data.alt)
    const sheets = await Promise.all(data.rows.map((row) => row.sheet && decode(row.sheet)))
    if (this.wanted !== data) return // overtaken by newer ones
    this.data = data
    this.sheets = sheets
    // A slider that is dragged at this moment is ahead of what the server knows.
    this.frame = this.frameOfSliders()
    this.host.dataset.frames = data.follow[0]?.frames ?? 1
    this.draw()
  }

  happened({ target }) {
    const { follow = [], asks } = this.wanted ?? {}
    if (!follow.length) return
    if (asks && !this.asked && follow.some((way) => target.closest?.(`.st-key-${way.slider}`))) {
      this.asked = true
      this.ask()
    }
    // The slider moves after it has heard of it.
    requestAnimationFrame(() => {
      const frame = this.frameOfSliders()
      if (frame === this.frame) return
      this.frame = frame
      this.draw()
    })
  }

  // The frame for the slider that has moved since the server answered; the first if none has.
  frameOfSliders() {
    for (const { slider, first, frames, value } of this.data?.follow ?? []) {
      const input = document.querySelector(`.st-key-${slider} input[type=range]`)
      if (!input || frames < 2 || Number(input.value) === value) continue
      const share = (Number(input.value) - input.min) / (input.max - input.min)
      return first + Math.round(share * (frames - 1))
    }
    return 0
  }
}
