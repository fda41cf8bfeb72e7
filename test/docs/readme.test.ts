// Keeps the documentation and the program together: links, names of files, and dependencies.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tableRows } from './tables.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md'))
    .map(path => `docs/${path}`),
]

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** A page without its fenced blocks, in which nothing is a heading. */
function prose(path: string): string {
  return read(path).replace(/^```.*?^```$/gms, '')
}

/** The anchors of a page's headings, made as code hosts make them. */
function anchors(path: string): string[] {
  return [...prose(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Links to files of the project: the page they stand on, the file, and the anchor in it. */
function relativeLinks(page: string) {
  const withoutCode = prose(page).replace(/`[^`]*`/g, '')
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => {
      const [path = '', anchor] = target.split('#')
      return { target, file: path === '' ? page : join(dirname(page), path), anchor }
    })
}

test('every relative link of the documentation leads somewhere', () => {
  const links = PAGES.flatMap(page => relativeLinks(page).map(link => ({ page, ...link })))
  assert.ok(links.length > 20, 'links were found')
  const broken = links.filter(
    ({ file, anchor }) =>
      !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchors(file).includes(anchor)),
  )
  assert.deepEqual(
    broken.map(({ page, target }) => `${page}: ${target}`),
    [],
  )
})

test('every file that the documentation names exists', () => {
  const named = PAGES.flatMap(page =>
    [
      ...read(page).matchAll(
        /(?<![\w/])(?:src|test|bench|scripts|grammar|docs|tools|deploy)\/[\w./-]*\w\/?/g,
      ),
    ].map(([path]) => path),
  )
  assert.ok(named.length > 20, 'names of files were found')
  assert.deepEqual([...new Set(named.filter(path => !existsSync(join(ROOT, path))))], [])
})

test('every file that the documentation names without its folder exists', () => {
  const folders = ['src', 'test', 'bench', 'scripts', 'tools']
  const known = folders.flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(path => basename(path)),
  )
  const named = PAGES.filter(page => page !== 'CHANGELOG.md').flatMap(page =>
    [...read(page).matchAll(/`([\w-]+(?:\.test)?\.(?:ts|mjs|c))`/g)].map(([, name = '']) => ({ page, name })),
  )
  assert.ok(named.length > 20, 'names of files were found')
  assert.deepEqual(
    named.filter(({ name }) => !known.includes(name)),
    [],
  )
})

test('every function that the documentation places in a file is there', () => {
  const placed = PAGES.flatMap(page => [
    ...read(page).matchAll(/`(\w+)`\s+(?:in|\()\s*`(src\/[\w./-]+\.ts)`/g),
  ])
  assert.ok(placed.length > 5, 'names of functions were found')
  const missing = placed.filter(
    ([, name, path = '']) => !new RegExp(`\\b(function\\*?|class|const) ${name}\\b`).test(read(path)),
  )
  assert.deepEqual(
    missing.map(([text]) => text),
    [],
  )
})

test('every dependency has a row in docs/dependencies.md with its reason, and no other has one', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  for (const [head, packages] of [
    ['| at run time | for | why it and not another |', dependencies],
    ['| to build and test | for | why it and not another |', devDependencies],
  ] as const) {
    const rows = tableRows(read('docs/dependencies.md'), head)
    const named = rows.map(row => /^\| `([^`]+)` \| .+ \| .+ \|$/.exec(row)?.[1])
    assert.deepEqual(named.toSorted(), Object.keys(packages).toSorted())
  }
})

test('the README has at most 200 lines', () => {
  assert.ok(read('README.md').split('\n').length <= 201)
})
