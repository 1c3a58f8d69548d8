// The map of the page Latent space. The server decodes a grid of points once; under the moving
// pointer the four nearest are blended here, and where it rests the server decodes anew.

const REST = 160 // ms
const TIMEOUT = 4000 // ms until what was not answered is asked for again
const RETRY = 1000 // ms until a file is asked for again
const BUSY = 50 // ms until it is looked again whether a script runs
const PRESSES = ["pointerdown", "click", "keydown", "input"]
const PRESSED = 3000 // ms in which a script begins that a press elsewhere asked for
const UNSEEN = 500 // ms in which a press is sent that came before this map
const SLOWEST = 1500 // ms for some rows: a finer grid would take a minute
const MARK = "#d01c1c"
const MODES = [
  ["lasso", "M6.5 15.5C2 13.5 2 4.5 10 4.5s9 8 2 9c-3 .4-6-.4-6.5 2.2M5.5 15.7l-1.5 2.3", "Circle points (or hold Shift)"],
  ["box", "M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M9 4h2M9 16h2M4 9v2M16 9v2", "Select points in a box"],
]

export default function ({ data, parentElement, setTriggerValue }) {
  const { view, leave } = viewAt(parentElement, ".explorer", LatentMap)
  view.update(data, setTriggerValue)
  return leave
}

// Whether Streamlit runs a script, or is about to.
function runs() {
  const { testScriptState = "notRunning" } = document.querySelector("[data-testid=stApp]")?.dataset ?? {}
  return testScriptState !== "notRunning"
}

class LatentMap extends Explorer {
  constructor(host) {
    super(host, "Map of latent codes")
    this.exact = new Map() // by point: what the server decoded there
    this.hidden = new Set()
    this.modes = MODES.map(([mode, text, title]) => {
      const button = this.tool(text, title, () => this.setMode(this.scatter.mode === mode ? "look" : mode))
      button.dataset.mode = mode
      return button
    })
    this.setMode("look")
    this.quiet = performance.now() + UNSEEN
    this.hush = (event) => {
      if (!event.composedPath().includes(this.host)) this.quiet = performance.now() + PRESSED
    }
    PRESSES.forEach((name) => document.addEventListener(name, this.hush, true))
    this.wanted = ""
    this.search = part(this.field, "input", { type: "search", className: "search", placeholder: "Find" })
    this.search.setAttribute("aria-label", "Find a class or the number of an image")
    this.search.oninput = () => this.find(false)
    this.search.onkeydown = (event) => {
      if (event.key === "Enter") this.find(true)
    }
    this.scatter.paintBack = (pen, toScreen) => {
      if (this.data?.grid) this.grid.paint(pen, toScreen, this.scatter.frame())
    }
  }

  setMode(mode) {
    this.scatter.mode = mode
    for (const button of this.modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode))
  }

  async update(data, send) {
    Object.assign(this, { data, send })
    this.scatter.front.setAttribute("aria-label", data.alt)
    this.tools.classList.toggle("looks", data.dims === 3 || !data.selectable)
    if (data.decoded.identity !== this.grid?.identity) {
      this.grid = new DecodedGrid(data.decoded)
      this.exact.clear()
    }
    if (data.answer) await this.take(data.answer)
    if (data.points !== this.loading) {
      try {
        await this.load(data)
      } catch {
        this.loading = null // the server has put the file away: it brings it back with its next answer
        setTimeout(() => this.update(this.data, this.send), RETRY)
        return
      }
    }
    if (this.ready) this.show(this.data) // the newest: others may have come meanwhile
  }

  show({ points, mark, grid, images, width, height }) {
    const look = [points, grid, images].join()
    if (look !== this.drawn) this.scatter.setThumbnails(this.drawImage, width / height, images)
    this.drawn = look
    if (String(this.mark) !== String(mark) || !this.scatter.place) this.left()
    this.mark = mark
    this.scatter.redraw()
    this.ask()
  }

  async load(data) {
    this.loading = data.points
    this.ready = false
    const [packed, ...sheets] = await Promise.all([
      fetchFile(data.points).then((file) => file.arrayBuffer()),
      ...data.sheets.map((address) => fetchFile(address).then((file) => file.blob()).then(createImageBitmap)),
    ])
    if (data.points !== this.data.points) return
    const count = data.counts.reduce((sum, part) => sum + part, 0)
    this.trained = count - data.training // from this row on are training images
    const places = new Float32Array(packed, 0, count * data.dims)
    this.labels = new Uint16Array(packed, places.byteLength, count)
    const colours = new Uint8Array(packed, places.byteLength + 2 * count, 3 * count)
    const shapes = new Uint8Array(packed, places.byteLength + 5 * count, count)
    const { x, y, zoom } = this.scatter.view
    const same = this.shown === data.decoded.identity // only its colours changed
    this.prepare(
      { places, dims: data.dims, colours, shapes, rim: data.rim ?? undefined, inner: data.counts[0] },
      { size: [data.width, data.height], neighbours: Math.min(5, data.counts[0]), least: 1e-9 },
    )
    if (same) Object.assign(this.scatter.view, { x, y, zoom })
    this.shown = data.decoded.identity
    this.drawImage = (pen, row, left, top, wide, high) => {
      let sheet = 0
      while (row >= data.counts[sheet]) row -= data.counts[sheet++]
      const [column, line] = [row % data.sheetColumns, Math.floor(row / data.sheetColumns)]
      const from = [column * data.width, line * data.height]
      pen.drawImage(sheets[sheet], ...from, data.width, data.height, left, top, wide, high)
    }
    this.hidden = new Set(data.hidden)
    this.showLegend(data.legend)
    this.hide()
    this.ready = true
  }

  // --- the legend ----------------------------------------------------------------------------------

  showLegend({ classes, scale, priors }) {
    this.setLegend([...(classes ?? []), ...priors], (label) => {
      this.hidden.delete(label) || this.hidden.add(label)
      this.hide()
      this.tell("hidden", [...this.hidden])
    })
    if (!scale) return
    const item = part(this.legend, "li", { className: "entry" })
    const bar = element("i", "scale")
    bar.style.background = `linear-gradient(to right, ${scale.colours.join()})`
    item.append(scale.name, ` ${scale.ends[0]}`, bar, scale.ends[1])
    this.legend.prepend(item)
  }

  // A scale hides nobody.
  hide() {
    for (const button of this.legend.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(!this.hidden.has(Number(button.dataset.label))))
    const { classes, priors } = this.data.legend
    const known = new Set([...(classes ?? []), ...priors].map(({ label }) => label))
    const { labels, hidden, wanted, trained } = this
    this.scatter.show(
      (row) => hidden.has(labels[row]) && known.has(labels[row]),
      (row) => row >= trained || (wanted !== "" && !this.isWanted(row)),
    )
  }

  isWanted(row) {
    return String(row) === this.wanted || this.data.names[this.labels[row]].toLowerCase().includes(this.wanted)
  }

  // By a class or the number of an image: all others fade, and Enter chooses one after the other.
  find(chooses) {
    this.wanted = this.search.value.trim().toLowerCase()
    this.hide()
    if (!chooses || !this.wanted) return
    const rows = Array.from({ length: this.data.counts[0] }, (_, row) => row).filter((row) => this.isWanted(row))
    const next = rows.find((row) => row > this.row) ?? rows[0]
    if (next !== undefined) this.chose(this.scatter.placeOf(next), next)
  }

  // What somebody chose here. A question right after it would bring along the page's fields as they
  // were before, and undo what it changed in them.
  tell(name, value) {
    this.quiet = performance.now() + PRESSED
    this.send(name, value)
  }

  // --- what is asked of the server -----------------------------------------------------------------

  ask() {
    clearTimeout(this.retry)
    const { decoded } = this.data
    const rested = this.resting && !this.exact.has(String(this.resting))
    const next = this.grid.next()
    if ((!rested && !next) || !this.host.isConnected) return
    if (runs() || performance.now() < this.quiet) {
      // Streamlit sends what comes together as one, and then as this map's: what somebody has just
      // chosen beside it would be lost.
      this.retry = setTimeout(() => this.ask(), BUSY)
      return
    }
    this.asked = performance.now()
    const what = rested ? { point: this.resting } : next
    this.send("request", { identity: decoded.identity, ...what })
    this.retry = setTimeout(() => this.ask(), TIMEOUT)
  }

  async take(answer) {
    if (answer.identity !== this.data.decoded.identity || answer === this.taken) return
    this.taken = answer
    const sheet = await decode(answer.sheet)
    if (answer.point) {
      if (this.exact.size > 500) this.exact.clear()
      this.exact.set(String(answer.point), { ...answer, sheet })
      if (this.scatter.place && String(this.resting) === String(answer.point)) this.scatter.look(this.scatter.place, this.row)
      return
    }
    if (!this.grid.take(answer, sheet, this.data.sheetColumns)) return
    this.grid.settled = performance.now() - this.asked > SLOWEST
    this.host.dataset.decoded = `${answer.side}`
    this.scatter.seen = "" // the grid behind the points is drawn anew
    if (this.scatter.place) this.scatter.look(this.scatter.place, this.row)
  }

  // --- the answer to a place -----------------------------------------------------------------------

  answer(place, row, mix) {
    this.row = row
    if (String(place) !== String(this.at)) {
      clearTimeout(this.rest)
      this.resting = this.rest = null
    }
    this.at = place
    const pen = this.image.getContext("2d")
    const sample = row - this.data.counts[0]
    if (sample >= 0 && row < this.trained) {
      this.drawImage(pen, row, 0, 0, ...this.size)
      const all = (name) => this.data.coverage.flatMap((one) => one[name])
      const title = `A sample of ${this.data.names[this.labels[row]]}.`
      this.sayCoverage(title, all("distances")[sample], all("lengths")[sample], "Images that lie near:")
      return
    }
    const own = row >= 0 && mix[0][0] > 0.99
    const name = this.data.names[this.labels[row]]
    const title = row < 0 ? "No image here." : row >= this.trained ? `A training image, ${name}.` : `Image ${row}, ${name}.`
    const known = this.exact.get(String(place))
    const blend = known ?? this.grid.at(place)
    if (known) pen.drawImage(known.sheet, 0, 0, ...this.size)
    else if (blend) this.grid.blend(pen, blend.parts, this.size)
    else pen.clearRect(0, 0, ...this.size)
    this.image.dataset.exact = Boolean(known)
    const [distance, length] = known ? [known.distances[0], known.lengths[0]] : [blend?.distance, blend?.length]
    this.sayCoverage(title, distance, length, own && known ? "Its own code, decoded." : "Mixed from these images' codes:")
    if (known) return
    this.rest ??= setTimeout(() => {
      this.resting = place
      this.ask()
    }, REST)
  }

  // As `out_of_support_text`, in fewer words.
  sayCoverage(title, distance, length, more) {
    const { limits } = this.data.decoded
    if (limits && distance !== undefined) {
      const [far, shortest, longest, same] = limits
      if (distance > far) more = `No data lies near: ${distance.toFixed(1)} times the median distance, in all dimensions.`
      else if (distance >= same && length < shortest) more = "No data lies near: too close to the mean of all codes."
      else if (distance >= same && length > longest) more = "No data lies near: too far from the mean of all codes."
    }
    this.say(title, more, more.startsWith("No data"))
  }

  // --- the pointer -----------------------------------------------------------------------------------

  // What is looked at is shown again, and marked all the time.
  left() {
    const { mark } = this.data
    if (!this.scatter.count) return
    const [[distance, row]] = this.scatter.nearest(mark, 1)
    this.scatter.look(mark, distance < 1e-6 ? row : -1)
  }

  chose(place, row) {
    const image = row >= 0 && row < this.data.counts[0]
    if (!this.data.selectable || (row >= 0 && !image && row < this.trained)) return // no sample of a prior
    this.tell("selected", image ? { image: row } : { point: place.map(short) })
  }

  circled(corners) {
    if (corners.length < 3 || !this.data.selectable) return
    this.tell("region", corners.map((corner) => corner.map(short).join(",")).join(" "))
  }

  close() {
    clearTimeout(this.retry)
    clearTimeout(this.rest)
    PRESSES.forEach((name) => document.removeEventListener(name, this.hush, true))
    super.close()
  }

  paintFront(pen, toScreen) {
    const { mark, region } = this.data ?? {}
    if (!mark) return
    if (region.length && this.data.dims === 2) this.scatter.drawPath(pen, region.map(toScreen))
    this.scatter.drawRing(pen, toScreen(mark), 11, MARK)
    super.paintFront(pen, toScreen)
    this.host.dataset.mark = toScreen(mark).map(Math.round).join()
  }
}

// Below the server's root, wherever that is: the page is called latent.
async function fetchFile(address) {
  const file = await fetch(location.pathname.replace(/[^/]*$/, "") + address)
  if (!file.ok) throw new Error(`${address}: ${file.status}`)
  return file
}

function short(number) {
  return Number(number.toPrecision(4))
}
