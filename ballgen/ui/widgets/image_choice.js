// Small images to choose one from: buttons, so that fingers and keys reach each of them.

export default function ({ data, parentElement, setTriggerValue }) {
  const { view, leave } = viewAt(parentElement, ".choice", View)
  view.choose = (index) => setTriggerValue("chosen", index)
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.close = () => {}
  }

  async show(data) {
    this.wanted = data
    const sheet = await decode(data.sheet)
    if (this.wanted !== data) return // overtaken by newer ones
    const ratio = window.devicePixelRatio || 1
    const factor = Math.max(1, Math.round((data.size * ratio) / data.width))
    const hadFocus = this.host.contains(this.host.getRootNode().activeElement)
    const buttons = data.names.map((name, index) => {
      const button = element("button")
      button.type = "button"
      button.setAttribute("aria-label", name)
      button.setAttribute("aria-pressed", !index)
      button.onclick = () => this.choose(index)
      const place = canvas(data.width * factor, data.height * factor, ratio)
      paint(place, sheet, index, data, factor)
      button.append(place)
      return button
    })
    this.host.replaceChildren(...buttons)
    if (hadFocus) buttons[0].focus() // what was chosen is there now
  }
}
