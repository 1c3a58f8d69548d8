// Films that a slider scrubs. Every frame comes in one sheet per film, so a drag asks nobody.

const GAP = 12 // CSS px between films, as in the style sheet
const ABREAST = 3 // this many films stay side by side, however narrow the screen is

export default function ({ data, parentElement, setStateValue }) {
  const { view, leave } = viewAt(parentElement, ".film", View)
  view.tell = (position) => data.remember && setStateValue("position", position)
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.films = host.querySelector(".films")
    this.controls = host.querySelector(".controls")
    this.close = watchRoom(host, () => this.build())
  }

  // The old film stays until the new one is decoded, so that nothing flashes.
  async show(data) {
    this.wanted = data
    const sheets = await Promise.all(data.films.map((film) => decode(film.sheet)))
    if (this.wanted !== data) return // overtaken by a newer one
    // Another start is another film: its sliders begin where it says.
    const same = (name) => this.data?.[name].join() === data[name].join()
    const kept = same("shape") && same("start")
    this.data = data
    this.sheets = sheets
    if (!kept) this.position = data.position.slice()
    this.host.classList.toggle("plane", data.axes.length > 1)
    this.buildControls()
    this.build()
  }

  // One slider per axis.
  buildControls() {
    const { axes, shape } = this.data
    if (this.sliders?.length !== axes.length) {
      this.sliders = axes.map((_, index) => this.slider(index))
      this.controls.replaceChildren(...this.sliders.map(({ axis }) => axis))
    }
    axes.forEach((axis, index) => this.sliders[index].name(axis.label, shape[index]))
    this.controls.hidden = shape.every((steps) => steps < 2)
  }

  slider(index) {
    const moved = (step) => {
      this.position[index] = step
      this.draw()
    }
    return slider(moved, () => this.tell(this.position.slice()))
  }

  build() {
    if (!this.data || !this.host.clientWidth) return
    this.layOut()
    this.fill()
    this.draw()
  }

  // A card per film. They stay while they fit: one may be under a finger when the server answers.
  layOut() {
    const { films, axes, shape, width, height, size, map } = this.data
    const ratio = window.devicePixelRatio || 1
    const room = this.host.clientWidth
    const measured = [room, ratio, films.length, axes.length, shape, width, height, size, map].join()
    if (measured === this.laidOut) return
    this.laidOut = measured
    const columns = abreast(films.length, room, size)
    const cell = Math.min(size, (room - (columns - 1) * GAP) / columns)
    this.films.style.gridTemplateColumns = `repeat(${columns}, ${Math.floor(cell)}px)`
    const factor = Math.max(1, Math.floor((cell * ratio) / width))
    this.cards = films.map(() => {
      const card = element("div", "card")
      const name = element("div", "name")
      const large = canvas(width * factor, height * factor, ratio)
      large.className = "large"
      large.setAttribute("role", "img")
      card.append(name, large)
      this.scrubbedBy(large, () => [0, 0, 1, 1])
      if (!map[0]) return { card, name, large }
      const small = this.map(cell, ratio)
      card.append(small.frame)
      return { card, name, large, small }
    })
    this.films.replaceChildren(...this.cards.map(({ card }) => card))
  }

  // The films that the cards show.
  fill() {
    this.data.films.forEach((film, index) => {
      const { name, small } = this.cards[index]
      name.textContent = film.label
      name.style.setProperty("--family", film.colour)
      if (small) this.fillMap(small, this.sheets[index])
    })
  }

  // A few of the frames where they belong, and a mark on the one that is shown large.
  map(cell, ratio) {
    const { width, height, shape, map, axes } = this.data
    const fitting = Math.max(3, Math.floor((cell * ratio) / width))
    const odd = (count) => count - 1 + (count % 2) // one stands half way
    const tiles = [odd(Math.min(map[0], fitting, shape[0]))]
    tiles.push(axes.length > 1 ? odd(Math.min(map[1], fitting, shape[1])) : 1)
    const factor = Math.max(1, Math.floor((cell * ratio) / (width * tiles[0])))
    const image = canvas(tiles[0] * width * factor, tiles[1] * height * factor, ratio)
    const frame = element("div", "map")
    frame.setAttribute("aria-hidden", "true") // the sliders say and do the same
    const mark = element("div", "mark")
    mark.style.width = `${100 / tiles[0]}%`
    mark.style.height = `${100 / tiles[1]}%`
    frame.append(image, mark)
    // The first and the last frame lie half a tile inside.
    const inset = tiles.map((count) => 0.5 / count)
    this.scrubbedBy(frame, () => [inset[0], inset[1], 1 - inset[0], 1 - inset[1]])
    return { frame, image, mark, tiles, factor }
  }

  fillMap({ image, tiles, factor }, sheet) {
    const { width, height, shape } = this.data
    for (let row = 0; row < tiles[1]; row++)
      for (let column = 0; column < tiles[0]; column++) {
        const frame = [spread(column, tiles[0], shape[0]), spread(row, tiles[1], shape[1])]
        const [x, y] = [column * width * factor, row * height * factor]
        paint(image, sheet, this.frame(frame), this.data, factor, x, y)
      }
  }

  scrubbedBy(target, bounds) {
    let press = null
    const move = (event) => {
      const box = target.getBoundingClientRect()
      const [left, top, right, bottom] = bounds()
      const across = ((event.clientX - box.left) / box.width - left) / (right - left)
      const down = ((event.clientY - box.top) / box.height - top) / (bottom - top || 1)
      const shares = this.data.axes.length > 1 ? [across, down] : [across]
      shares.forEach((share, index) => {
        const last = this.data.shape[index] - 1
        this.position[index] = Math.round(Math.min(1, Math.max(0, share)) * last)
      })
      this.draw()
    }
    target.onpointerdown = (event) => {
      if (event.button) return
      // Of several fingers the last one leads; what a browser that is busy loses of them harms nobody.
      const start = press?.start ?? this.position.slice()
      press = { id: event.pointerId, x: event.clientX, y: event.clientY, start }
      // A finger may be about to scroll the page, except on a plane.
      press.moves = event.pointerType !== "touch" || this.data.axes.length > 1
      target.setPointerCapture(event.pointerId)
      if (press.moves) move(event)
    }
    target.onpointermove = (event) => {
      if (event.pointerId !== press?.id) return
      const [across, down] = [event.clientX - press.x, event.clientY - press.y].map(Math.abs)
      press.moves ||= across > down
      if (press.moves) move(event)
    }
    target.onpointerup = (event) => {
      if (event.pointerId !== press?.id) return
      if (!press.moves) move(event) // a tap
      if (press.start.join() !== this.position.join()) this.tell(this.position.slice())
      press = null
    }
    // The browser scrolls instead.
    target.onpointercancel = (event) => {
      if (event.pointerId !== press?.id) return
      this.position = press.start
      press = null
      this.draw()
    }
    target.ondragstart = () => false
  }

  draw() {
    const { films, axes, shape, width } = this.data
    this.position = shape.map((steps, index) => Math.min(this.position[index] ?? 0, steps - 1))
    const words = axes.map((axis, index) => axis.texts[this.position[index]])
    this.sliders.forEach((slider, index) => slider.place(this.position[index], words[index]))
    for (const [index, { large, small }] of (this.cards ?? []).entries()) {
      paint(large, this.sheets[index], this.frame(this.position), this.data, large.width / width)
      large.setAttribute("aria-label", [this.data.alt, films[index].label, ...words].join(", "))
      if (!small) continue
      const { mark, tiles } = small
      const place = (index) => {
        const share = this.position[index] / Math.max(1, shape[index] - 1)
        const tile = Math.round(share * (tiles[index] - 1)) // the nearest: between two it marks none
        return `${(100 * (0.5 + tile)) / tiles[index]}%`
      }
      mark.style.left = place(0)
      mark.style.top = axes.length > 1 ? place(1) : "50%"
    }
    this.host.dataset.position = this.position.join()
  }

  // Where on a sheet the frame of these places is.
  frame([column, row]) {
    return (row ?? 0) * this.data.shape[0] + column
  }
}

// How many films side by side: all lines equally long, and not one film alone on a telephone.
function abreast(films, room, size) {
  let columns = Math.min(films, Math.max(ABREAST, Math.floor((room + GAP) / (size + GAP))))
  while (films % columns) columns--
  return columns
}

// The frame that belongs on the given of `count` tiles.
function spread(tile, count, steps) {
  return count > 1 ? Math.round((tile * ((steps ?? 1) - 1)) / (count - 1)) : 0
}
