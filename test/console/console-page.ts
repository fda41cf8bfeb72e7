// The console in a browser, for tests: opens views, finds what they show, and checks that they are accessible and quiet.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type BrowserPage, openBrowser } from '../harness/browser.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}

export class ConsolePage {
  readonly #origin: string
  readonly page: BrowserPage
  /** Complaints of earlier views. */
  #heard = 0

  private constructor(origin: string, page: BrowserPage) {
    this.#origin = origin
    this.page = page
  }

  static async open(browser: string, origin: string): Promise<ConsolePage> {
    return new ConsolePage(origin, await openBrowser(browser))
  }

  /** Opens a view anew, by the part of its address behind `#`. */
  async show(view: string): Promise<void> {
    await this.page.open('about:blank')
    await this.page.open(`${this.#origin}/console/#/${view}`)
    await this.page.until('document.querySelector("main")')
  }

  /** Resolves once the text of the page matches. */
  async shows(text: RegExp): Promise<void> {
    await this.page.until(`${text}.test(document.body.innerText)`)
  }

  /** Resolves once the text of the page does not match any more. */
  async showsNo(text: RegExp): Promise<void> {
    await this.page.until(`!${text}.test(document.body.innerText)`)
  }

  text(): Promise<string> {
    return this.page.value('document.body.innerText').then(String)
  }

  /** Clicks on the button or link with this text, once there is one. */
  async click(text: string): Promise<void> {
    const find = `[...document.querySelectorAll('dialog[open] button, dialog[open] a, button, a')].find(each => each.innerText.trim() === ${JSON.stringify(text)} && !each.disabled)`
    await this.page.until(find)
    await this.page.value(`${find}.click()`)
  }

  /** Types a text into a field, as a user does. */
  async type(selector: string, text: string): Promise<void> {
    const field = `document.querySelector(${JSON.stringify(selector)})`
    await this.page.until(`${field} && (${field}.focus(), document.activeElement === ${field})`)
    await this.page.value(`${field}.select?.()`)
    await this.page.send('Input.insertText', { text })
  }

  async press(key: string, code = key): Promise<void> {
    const text = key === 'Enter' ? '\r' : undefined
    for (const type of ['keyDown', 'keyUp'])
      await this.page.send('Input.dispatchKeyEvent', {
        type,
        key,
        code,
        ...(type === 'keyDown' ? { text } : {}),
        windowsVirtualKeyCode: KEY_CODES[key] ?? 0,
      })
  }

  /** Rejects with what is not accessible in the present view. */
  async assertAccessible(view: string): Promise<void> {
    await this.page.value(`${AXE}\n;void 0`)
    const found = (await this.page.value(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map(({ html }) => ({ html })) })))`,
    )) as readonly Violation[]
    assert.deepEqual(
      found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`),
      [],
      `${view} is not accessible`,
    )
  }

  /** Rejects if the browser complained since the last view, or asked for anything from another host. */
  assertQuiet(view: string): void {
    const complaints = this.page.complaints.slice(this.#heard)
    this.#heard = this.page.complaints.length
    assert.deepEqual(complaints, [], `${view}: the browser complains`)
    const others = this.page.requested.filter(
      url =>
        !url.startsWith(this.#origin) &&
        !url.startsWith('data:') &&
        !url.startsWith('about:') &&
        !url.startsWith('blob:'),
    )
    assert.deepEqual(others, [], `${view}: requests to other hosts`)
  }

  /** Opens a view. Rejects if it is not accessible, or if the browser complains. */
  async assertSound(view: string): Promise<void> {
    await this.show(view)
    await this.showsNo(/Loading/)
    await this.assertAccessible(view)
    this.assertQuiet(view)
  }

  close(): Promise<void> {
    return this.page.close()
  }
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Enter: 13,
  ArrowDown: 40,
  ArrowUp: 38,
  End: 35,
  Home: 36,
  Tab: 9,
  Escape: 27,
}
