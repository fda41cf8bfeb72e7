// Prose of comments and pages: phrases that CONTRIBUTING.md bans, and comments that begin with a question word.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CLEAN, PAGES } from './prose-rooms.ts'
import { type Passage, passagesOf, proseOf } from './prose-text.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Banned phrases. Blanks match line breaks too. */
const BANNED: readonly RegExp[] = [
  /\btells? of\b/,
  /\btold\b/,
  /\b(held|holds?|holding) (\S+ ){0,6}against\b/,
  /\bstands (?!for\b|in for\b)/,
  /\blies\b/,
  /\banew\b/,
  /\bby itself\b/,
  /\bof before\b/,
  /\bas far as\b/,
  /\b(be|is|are|was) had\b/,
  /\bhad to be\b/,
  /\bin words\b/,
  /\bnone of (its|their)\b/,
  /\bneither(?=[.;]|$)/,
  /\bwhat there is\b/,
  /\bthose of\b/,
].map(({ source }) => new RegExp(source.replaceAll(' ', '\\s+'), 'gi'))
const QUESTION = /^(what|who|whom|where|whether|how|when|which)\b/i

function faultsOf(file: string, { line, text, isComment }: Passage): string[] {
  const prose = proseOf(text)
  const faults = BANNED.flatMap(pattern =>
    [...prose.matchAll(pattern)].map(({ 0: phrase, index }) => {
      const offset = prose.slice(0, index).split('\n').length - 1
      return `${file}:${line + offset}: ${phrase.replaceAll(/\s+/g, ' ').trim()}`
    }),
  )
  const [first] = QUESTION.exec(prose) ?? []
  return isComment && first !== undefined ? [...faults, `${file}:${line}: begins with ${first}`] : faults
}

const KINDS = /\.(ts|mjs|c|md|ya?ml|sh|py|peggy)$/

/** All files of a folder, or the file itself. */
function filesOf(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path]
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter(name => KINDS.test(name) && !/node_modules|generated/.test(name))
    .map(name => `${path}/${name}`)
}

function check(paths: readonly string[]): string[] {
  return paths
    .flatMap(filesOf)
    .flatMap(file =>
      passagesOf(file, readFileSync(join(ROOT, file), 'utf8')).flatMap(passage => faultsOf(file, passage)),
    )
}

test('comments of the rooms that are done use no banned phrase and begin with no question word', () => {
  assert.deepEqual(check(CLEAN), [])
})

test('pages that are done use no banned phrase', () => {
  assert.deepEqual(check(PAGES), [])
})

test('a banned phrase and a question word are found with file and line, and quoted code is not prose', () => {
  const source = [
    '// How it works.',
    'const url = "http://host" // it tells',
    '/**',
    ' * Compares. The result is held',
    ' * against `those of` the oracle.',
    ' */',
    'lies(anew)',
  ].join('\n')
  assert.deepEqual(
    passagesOf('a.ts', source).flatMap(passage => faultsOf('a.ts', passage)),
    ['a.ts:1: begins with How', 'a.ts:4: held against'],
  )
  const page = 'It stands here, and A stands for B.\n\n```sh\nanew\n```\n\n`lies`\n'
  assert.deepEqual(
    passagesOf('a.md', page).flatMap(passage => faultsOf('a.md', passage)),
    ['a.md:1: stands'],
  )
})
