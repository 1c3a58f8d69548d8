// How a model learns, as a film: one slider moves the loss, the images and the map of the codes.
// Every frame is here, so a drag asks nobody; the server is told where it ends.

const PACE = 160 // ms that a frame stays while the film plays
const MARGIN = 10 // CSS px between the map's edge and its outermost point
const INSET = 8 // CSS px between a slider's end and the middle of its thumb there
const SVG = "http://www.w3.org/2000/svg"
const EARLY = 0.05 // share of a training that the curve may leave out above

// A class is told by its shape as well as by its colour; the first four as on the page Latent space.
const SHAPES = [
  "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z",
  "M0,-5L5,0L0,5L-5,0Z",
  "M-3.6,-3.6H3.6V3.6H-3.6Z",
  "M0,-4.6L4.8,3.8H-4.8Z",
  "M0,4.6L4.8,-3.8H-4.8Z",
  "M-1.5,-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5V-1.5H-1.5Z",
]

export default function ({ data, parentElement, setStateValue }) {
  const { view, leave } = viewAt(parentElement, ".learning", View)
  view.tell = () => setStateValue("left_at", [view.data.run, view.epoch])
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.part = (name) => host.querySelector(`.${name}`)
    this.decoded = new Map()
    this.samples = new Rows(this.part("samples"))
    this.reconstructions = new Rows(this.part("reconstructions"))
    this.part("play").onclick = () => (this.timer ? this.pause() : this.play())
    const moved = (index) => {
      this.stop()
      this.go(index)
    }
    this.slider = slider(moved, () => this.tell())
    this.part("controls").replaceChildren(this.slider.axis)
    const leave = watchRoom(host, () => this.draw())
    this.close = () => {
      this.stop()
      leave()
    }
  }

  get epoch() {
    return this.data.frames[this.index].epoch
  }

  // The old film stays until the new one is decoded, so that nothing flashes.
  async show(data) {
    this.wanted = data
    if (data.run !== this.data?.run) this.stop() // another run was asked for, and is not played
    const originals = await this.image(data.originals)
    const parts = data.frames.flatMap(({ samples, reconstructions }) => [samples, reconstructions])
    const sheets = await Promise.all(parts.map((sheet) => this.image(sheet)))
    if (this.wanted !== data) return // overtaken by a newer one
    const known = new Set([data.originals, ...parts])
    for (const sheet of this.decoded.keys()) if (!known.has(sheet)) this.decoded.delete(sheet)
    const epoch = this.next(data)
    this.data = data
    this.originals = originals
    this.sheets = data.frames.map((_, index) => sheets.slice(2 * index, 2 * index + 2))
    // A long film of large images leaves out more epochs as it grows: then the one before.
    this.index = Math.max(0, data.frames.findLastIndex((frame) => frame.epoch <= epoch))
    this.slider.name("Epoch", data.frames.length)
    this.part("bar").hidden = data.frames.length < 2
    this.part("legend").replaceChildren(...data.classes.map(legendEntry))
    this.part("map").replaceChildren(...data.labels.map((label) => symbol(data.classes[label], label)))
    this.draw()
  }

  // A frame that is there already is not decoded again when others join it.
  image(sheet) {
    if (!this.decoded.has(sheet)) {
      const decoded = decode(sheet)
      decoded.catch(() => this.decoded.delete(sheet))
      this.decoded.set(sheet, decoded)
    }
    return this.decoded.get(sheet)
  }

  // Of another run the server says where to begin; who sits at the newest frame stays with it.
  next(data) {
    const newest = data.frames.at(-1).epoch
    if (data.run !== this.data?.run) return data.epoch ?? newest
    return this.index === this.data.frames.length - 1 && !this.timer ? newest : this.epoch
  }

  go(index) {
    this.index = index
    this.draw()
  }

  play() {
    const last = () => this.data.frames.length - 1
    if (this.index >= last()) this.go(0)
    this.timer = setInterval(() => {
      if (this.index < last()) this.go(this.index + 1)
      if (this.index >= last()) this.pause()
    }, PACE)
    this.drawButton()
  }

  stop() {
    clearInterval(this.timer)
    this.timer = null
  }

  pause() {
    this.stop()
    this.drawButton()
    this.tell()
  }

  draw() {
    if (!this.data || !this.host.clientWidth) return
    const { image, rows, alts } = this.data
    const { epoch } = this
    const [samples, reconstructions] = this.sheets[this.index]
    this.slider.place(this.index, String(epoch))
    this.part("samples-title").textContent = `Samples of the same noise after epoch ${epoch}`
    const say = (name, words) => this.part(name).setAttribute("aria-label", `${words} ${epoch}`)
    say("samples", alts.samples)
    say("reconstructions", alts.reconstructions)
    say("map", alts.map)
    this.fill(this.samples, [{ label: "" }], image.samples, [samples])
    this.fill(this.reconstructions, rows, image.reconstructions, [this.originals, reconstructions])
    this.drawMap()
    this.drawCurve()
    this.drawButton()
    this.host.dataset.epoch = epoch
  }

  fill(place, rows, count, sheets) {
    const { width, height } = this.data.image
    const data = { rows, count, width, height, sheetColumns: this.data.image.sheetColumns }
    if (place.layOut(data)) place.paint(sheets, data)
  }

  drawButton() {
    const button = this.part("play")
    button.textContent = this.timer ? "❚❚" : "▶\uFE0E" // the sign, not the emoji
    button.setAttribute("aria-label", this.timer ? "Pause the film" : "Play the film")
  }

  // All frames share their corners.
  drawMap() {
    const { corners, frames } = this.data
    const { coordinates } = frames[this.index]
    this.part("codes").hidden = !coordinates
    const map = this.part("map")
    const { width, height } = map.getBoundingClientRect()
    const [left, top, right, bottom] = corners
    const along = (value, from, to, room) =>
      MARGIN + ((value - from) / (to - from || 1)) * (room - 2 * MARGIN)
    coordinates?.forEach(([x, y], point) => {
      const place = [along(x, left, right, width), height - along(y, top, bottom, height)]
      map.children[point].setAttribute("transform", `translate(${place})`)
    })
  }

  // The loss above the slider, with a mark where the slider is. The first epochs fall from so high
  // that the rest would be flat: they may leave the chart.
  drawCurve() {
    const { colour, frames } = this.data
    const sized = penOn(this.part("curve"))
    const losses = this.data.losses.filter(([epoch]) => epoch <= frames.at(-1).epoch)
    if (!sized || losses.length < 2 || frames.length < 2) return
    const { pen, width, height } = sized
    const shown = losses.slice(Math.min(losses.length - 2, Math.floor(EARLY * losses.length)))
    const values = shown.map(([, loss]) => loss)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    // Below an epoch is the slider's place for it, also where some epochs have no frame.
    const x = (epoch) => {
      const after = Math.max(1, frames.findIndex((frame) => frame.epoch >= epoch))
      const [from, to] = [frames[after - 1].epoch, frames[after].epoch]
      const place = after - 1 + (epoch - from) / (to - from)
      return INSET + (place / (frames.length - 1)) * (width - 2 * INSET)
    }
    const y = (loss) => height - 3 - ((loss - low) / (high - low || 1)) * (height - 6)
    pen.strokeStyle = colour
    pen.lineWidth = 2
    pen.beginPath()
    for (const [epoch, loss] of losses) pen.lineTo(x(epoch), y(loss))
    pen.stroke()
    const { color, fontFamily } = getComputedStyle(this.host)
    pen.strokeStyle = pen.fillStyle = color
    pen.font = `12px ${fontFamily}`
    pen.textAlign = "right"
    pen.fillText("loss", width - 2 * INSET, 12)
    const now = losses.findLast(([epoch]) => epoch <= this.epoch) ?? losses[0]
    pen.lineWidth = 1
    pen.setLineDash([4, 3])
    pen.strokeRect(x(this.epoch), 0, 0, height)
    pen.beginPath()
    pen.arc(x(this.epoch), Math.max(4, y(now[1])), 4, 0, 2 * Math.PI)
    pen.fill()
  }
}

// A pen for CSS px on an empty canvas as large as its place; none where there is no room.
function penOn(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas
  if (!width || !height) return null
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const pen = canvas.getContext("2d")
  pen.scale(ratio, ratio)
  return { pen, width, height }
}

// The mark of a class, which says its name under the mouse.
function symbol({ name, colour }, label) {
  const mark = document.createElementNS(SVG, "path")
  mark.setAttribute("d", SHAPES[label % SHAPES.length])
  mark.setAttribute("fill", colour)
  mark.append(document.createElementNS(SVG, "title"))
  mark.firstChild.textContent = name
  return mark
}

function legendEntry(kind, label) {
  const entry = element("li")
  const icon = document.createElementNS(SVG, "svg")
  icon.setAttribute("viewBox", "-6 -6 12 12")
  icon.setAttribute("aria-hidden", "true")
  icon.append(symbol(kind, label))
  entry.append(icon, kind.name)
  return entry
}
