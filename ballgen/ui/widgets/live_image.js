// An image beside the sliders of its factors. With it come strips of frames, one along each
// factor, so a drag asks nobody; the server answers its end with the image itself.

export default function ({ data, parentElement, setStateValue }) {
  const { view, leave } = viewAt(parentElement, ".live", View)
  view.send = (position) => setStateValue("position", position)
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.image = host.querySelector(".image")
    this.controls = host.querySelector(".controls")
    this.close = watchRoom(host, () => this.build())
  }

  async show(data) {
    this.wanted = data
    const sheet = await decode(data.sheet)
    if (this.wanted !== data) return // overtaken by a newer one
    const names = data.sliders.map(({ title }) => title).join()
    if (names !== this.names) this.told = null
    if (this.told && this.told !== data.position.join()) return // its answer is on the way
    this.told = null
    this.data = data
    this.sheet = sheet
    if (names !== this.names || this.held === undefined) this.held = null
    this.names = names
    // A slider that is dragged at this moment stays under the finger.
    const at = this.position?.[this.held]
    this.position = data.position.slice()
    if (this.held !== null) this.position[this.held] = at
    this.buildControls()
    this.build()
  }

  buildControls() {
    const { sliders } = this.data
    if (this.sliders?.length !== sliders.length) {
      this.sliders = sliders.map((_, index) => this.slider(index))
      this.controls.replaceChildren(...this.sliders.map(({ axis }) => axis))
    }
    sliders.forEach(({ title, steps }, index) => this.sliders[index].name(title, steps))
  }

  slider(index) {
    const moved = (step) => {
      this.held = index
      this.position[index] = step
      this.draw()
    }
    const released = () => {
      this.held = null
      this.told = this.position.join()
      this.send(this.position.slice())
    }
    return slider(moved, released)
  }

  build() {
    if (!this.data || !this.host.clientWidth) return
    const { width, height, size } = this.data
    const ratio = window.devicePixelRatio || 1
    const room = Math.min(size, this.host.clientWidth)
    const factor = Math.max(1, Math.floor((room * ratio) / width))
    if (this.canvas?.width !== width * factor || this.ratio !== ratio) {
      this.ratio = ratio
      this.canvas = canvas(width * factor, height * factor, ratio)
      this.canvas.className = "large"
      this.canvas.setAttribute("role", "img")
      this.image.replaceChildren(this.canvas)
    }
    this.draw()
  }

  draw() {
    const { sliders, alt, width } = this.data
    const words = sliders.map(({ minimum, unit }, index) => `${minimum + this.position[index]}${unit}`)
    this.sliders.forEach((slider, index) => slider.place(this.position[index], words[index]))
    paint(this.canvas, this.sheet, this.frame(), this.data, this.canvas.width / width)
    const all = sliders.map(({ title }, index) => `${title} ${words[index]}`)
    this.canvas.setAttribute("aria-label", [alt, ...all].join(", "))
  }

  // The image itself, or the frame nearest to where a slider has been moved since.
  frame() {
    const { sliders, position } = this.data
    let first = 1
    for (const [index, { steps, frames }] of sliders.entries()) {
      const place = this.position[index]
      if (place !== position[index]) return first + Math.round((place / (steps - 1)) * (frames - 1))
      first += frames
    }
    return 0
  }
}
