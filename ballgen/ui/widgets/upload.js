// Takes folders, .zips and images that are dropped or chosen, packs them into one .zip in the page, and
// hands it to Streamlit's uploader, which is hidden: that takes one file well, and thousands badly.

const AT_ONCE = 32 // files that are read at the same time
const STEP = 200 // ms between two moves of the bar
const LOOK = 300 // ms between looks at how the uploader gets on
const LEFT_OUT = /^(\.|__MACOSX$)/ // hidden, and what macOS adds
const NO_NAME = /[\\\p{Cc}]/gu // in a name these would be a path, or nothing that can be read

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".upload", View)
  view.update(data)
  return leave
}

// Says why it ends, in words for people.
class Refused extends Error {}

class View {
  constructor(place) {
    this.place = place
    const part = (name) => place.querySelector(`.${name}`)
    this.bar = part("bar")
    this.said = part("said")
    this.buttons = [part("choose-files"), part("choose-folder")]
    this.cancel = part("cancel")
    const inputs = [part("files"), part("folder")]
    inputs.forEach((input, index) => {
      this.buttons[index].onclick = () => input.click()
      input.onchange = () => {
        this.take(() => chosen([...input.files]))
        input.value = "" // or the same folder could not be chosen again
      }
    })
    this.cancel.onclick = () => this.rest("")
    place.ondragover = (event) => {
      event.preventDefault()
      place.classList.add("over")
    }
    place.ondragleave = () => place.classList.remove("over")
    place.ondrop = (event) => {
      event.preventDefault()
      place.classList.remove("over")
      // At once: later the browser has forgotten them.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry())
      this.take(() => this.listed(entries.filter(Boolean)))
    }
  }

  close() {
    this.job = null
    clearInterval(this.timer)
  }

  update(data) {
    const back = this.data && data.received !== this.data.received
    this.data = data
    this.place.querySelector(".limits").textContent = data.limits
    if (back) this.rest("") // the server has it, and says what became of it
  }

  // Ready for the next files; what was under way ends.
  rest(words) {
    this.close()
    this.show(words)
  }

  show(words, share) {
    this.said.textContent = words
    this.bar.hidden = this.cancel.hidden = !this.job
    if (share === undefined) this.bar.removeAttribute("value")
    else this.bar.value = share
    for (const button of this.buttons) button.disabled = Boolean(this.job)
  }

  // find  gives {path, file} of what was dropped or chosen
  async take(find) {
    if (this.job) return
    const job = (this.job = {})
    this.show("Listing the files …")
    try {
      const file = await this.pack(await find(), job)
      if (file && this.job === job) this.send(file)
    } catch (error) {
      if (this.job === job) this.rest(error instanceof Refused ? error.message : String(error))
      if (!(error instanceof Refused)) throw error
    }
  }

  // All files below some entries of a drop.
  async listed(entries, job = this.job, found = []) {
    const files = []
    for (const entry of entries) {
      if (this.job !== job) return found
      if (LEFT_OUT.test(entry.name)) continue
      if (entry.isFile) files.push(entry)
      else
        for (const reader = entry.createReader(); ; ) {
          const some = await new Promise((done, failed) => reader.readEntries(done, failed))
          if (!some.length) break
          await this.listed(some, job, found)
        }
    }
    const wanted = files.filter(({ name }) => this.fits(name))
    const read = wanted.map((entry) => new Promise((done) => entry.file(done, () => done(null))))
    for (const [index, file] of (await Promise.all(read)).entries())
      found.push({ path: wanted[index].fullPath.slice(1), file })
    this.check(found.length, 0, wanted[0]?.fullPath.slice(1) ?? "")
    if (this.job === job) this.show(`Listing the files … ${counted(found.length)}`)
    return found
  }

  fits(name) {
    return this.data.suffixes.includes(name.slice(name.lastIndexOf(".")).toLowerCase())
  }

  // Ends it with the remedy if that is more than the server takes.
  check(count, size, path) {
    const { maxBytes, remedy } = this.data
    const name = path.split("/")[0]
    if (count > LIMIT)
      throw new Refused(`${name} holds more than ${counted(LIMIT)}. ${remedy}`)
    if (size > maxBytes)
      throw new Refused(`${name} is larger than ${maxBytes / 2 ** 20} MB. ${remedy}`)
  }

  // One .zip of the files that may hold images or say something of them; itself if it is alone.
  async pack(found, job) {
    const files = found
      .map(({ path, file }) => ({ path: safe(path), file }))
      .filter(({ path }) => this.fits(path))
      .filter(({ path }) => !path.split("/").some((part) => LEFT_OUT.test(part)))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
    if (!files.length)
      throw new Refused("No images were found in this. Drop a folder, a .zip or images.")
    this.unread = 0
    let total = 0
    for (const [index, one] of files.entries()) {
      one.size = one.file?.size ?? 0
      this.check(index + 1, (total += zippedSize(one.path, one.size)), one.path)
      await breathe()
      if (this.job !== job) return null
    }
    const [first] = files
    if (files.length === 1 && first.file && /\.zip$/i.test(first.path)) return first.file

    const packed = []
    let done = 0
    let next = 0 // ms when the bar moves: drawing the page takes time, too
    const onRead = (bytes) => {
      if (this.job !== job) throw new Refused("Cancelled.")
      done += bytes
      if (performance.now() < next) return
      this.show(`Packing ${counted(files.length)} …`, done / total)
      next = performance.now() + STEP
    }
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const group = files.slice(at, at + AT_ONCE)
      const read = group.map(
        ({ path, file, size }) => file && stored(path, file, size, onRead).catch(() => null),
      )
      packed.push(...(await Promise.all(read)).filter(Boolean))
      if (this.job !== job) return null
    }
    this.unread = files.length - packed.length
    if (!packed.length) throw new Refused(`The browser may not read ${first.path}: check its permissions.`)
    const roots = new Set(files.map(({ path }) => (path.includes("/") ? path.split("/")[0] : "")))
    const [root] = roots
    return new File([zipped(packed)], `${(roots.size === 1 && root) || "images"}.zip`)
  }

  send(file) {
    const place = () => document.querySelector(`.st-key-${this.data.uploader}`)
    const input = place()?.querySelector("input[type=file]")
    if (!input) return this.rest("The page was not ready. Try once more.")
    const transfer = new DataTransfer()
    transfer.items.add(file)
    input.files = transfer.files
    input.dispatchEvent(new Event("change", { bubbles: true }))
    const unread = this.unread ? ` ${counted(this.unread)} could not be read and stay out.` : ""
    this.show(`Sending and checking ${(file.size / 2 ** 20).toFixed(1)} MB …${unread}`)
    this.timer = setInterval(() => {
      const failed = place()?.querySelector("[aria-invalid=true] [role=alert]")
      if (failed) this.rest(`${failed.textContent} Reload the page and try again.`)
    }, LOOK)
  }
}

function chosen(files) {
  return files.map((file) => ({ path: file.webkitRelativePath || file.name, file }))
}

// Names come from whoever made the folder.
function safe(path) {
  const parts = path.replace(NO_NAME, "_").split("/")
  return parts.filter((part) => part && part !== "." && part !== "..").join("/")
}

function counted(count) {
  return count === 1 ? "1 file" : `${count.toLocaleString("en")} files`
}
