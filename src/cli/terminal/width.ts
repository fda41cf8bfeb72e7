// How many columns of a terminal a text takes, and texts cut to a number of them.

/** East Asian wide and full-width characters (Unicode, Standard Annex #11), as ranges. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u
/** Emoji by themselves, or by the mark that asks for them. */
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u
const MARKS_ONLY = /^[\p{Mn}\p{Me}\u200c\u200d]*$/u
const PLAIN = /^[\x20-\x7e]*$/

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Columns of a text without control characters. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The beginning of a text that, with `…` behind it, takes no more than so many columns; all of it where it fits. */
export function cutTo(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let [cut, width] = ['', 0]
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns - 1) break
    cut += segment
  }
  return `${cut}…`
}

function graphemeWidth(grapheme: string): number {
  if (MARKS_ONLY.test(grapheme)) return 0
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1
}
