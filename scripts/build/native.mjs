// Writes a patched copy of the native uWebSockets.js file to dist/native on Linux. The original is never changed. If no copy is
// possible, the script says so and the build continues.
//
// The copy has three fixes. The original requires glibc 2.38 for three symbols only: the C23 aliases of strtol, strtoul and
// sscanf, which differ from the classic functions in reading binary literals ("0b1"); the copy uses the classic names. The
// original answers malformed requests with HTML pages (native-answers.mjs). And its parser misreads some requests
// (native-head.mjs).
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rewriteAnswers } from './native-answers.mjs'
import { guardHeads } from './native-head.mjs'
import { UWS_PINS } from './native-pins.mjs'

/** The glibc that the published files require. */
export const PUBLISHED_GLIBC = '2.38'
/** The glibc that the patched files require (`arc4random`). */
export const PATCHED_GLIBC = '2.36'

const ALIAS_PREFIX = '__isoc23_'
const ALIASES = new Set(['__isoc23_strtol', '__isoc23_strtoul', '__isoc23_sscanf'])
const ALIAS_VERSION = `GLIBC_${PUBLISHED_GLIBC}`
/** The base version name of each machine (ELF e_machine), under which libc.so.6 exports the classic functions. */
const BASE_VERSIONS = new Map([
  [62, 'GLIBC_2.2.5'], // x86-64
  [183, 'GLIBC_2.17'], // AArch64
])

const SECTION_DYNSYM = 11
const SECTION_VERNEED = 0x6ffffffe
const SECTION_VERSYM = 0x6fffffff
const SYMBOL_BYTES = 24
const FLAG_EXECUTABLE = 4

/**
 * Decides what a machine needs: a patched copy `name`, the original, or neither with the reason why uWebSockets.js cannot be used.
 * @param {{ platform: string, arch: string, abi: string, glibc: string | undefined }} machine
 * @returns {{ kind: 'original' } | { kind: 'patch', name: string } | { kind: 'impossible', reason: string }}
 */
export function plan({ platform, arch, abi, glibc }) {
  if (platform !== 'linux') return { kind: 'original' }
  if (glibc === undefined) return { kind: 'impossible', reason: 'this Linux has no glibc' }
  const name = fileName(platform, arch, abi)
  const isPinned = UWS_PINS.has(name)
  if (isPinned && compareVersions(glibc, PATCHED_GLIBC) >= 0) return { kind: 'patch', name }
  if (compareVersions(glibc, PUBLISHED_GLIBC) >= 0) return { kind: 'original' }
  if (!isPinned) return { kind: 'impossible', reason: `${name} is not among the files it can patch` }
  return { kind: 'impossible', reason: `it needs glibc ${PATCHED_GLIBC}, and this is ${glibc}` }
}

/** The name of a platform's file in the package, and of its copy. */
export function fileName(platform, arch, abi) {
  return `uws_${platform}_${arch}_${abi}.node`
}

/**
 * Writes the patched copy of a file of the package atomically (temporary file, then rename), unless it already exists.
 * Throws if the original or the copy is not the pinned file.
 * @param {{ name: string, packageFolder: string, targetFolder: string }} places
 * @returns {'written' | 'present'}
 */
export function install({ name, packageFolder, targetFolder }) {
  const pinned = UWS_PINS.get(name)
  if (pinned === undefined) throw new Error(`${name} is not among the files it can patch`)
  const target = join(targetFolder, name)
  if (existsSync(target) && sha256(readFileSync(target)) === pinned.after) return 'present'
  const original = readFileSync(join(packageFolder, name))
  if (sha256(original) !== pinned.before)
    throw new Error(`${name} is not the file of the pinned package version`)
  const patched = patch(original)
  if (sha256(patched) !== pinned.after) throw new Error(`the patch of ${name} does not give the pinned file`)
  mkdirSync(targetFolder, { recursive: true })
  const temporary = `${target}.${process.pid}.tmp`
  writeFileSync(temporary, patched)
  renameSync(temporary, target)
  return 'written'
}

/**
 * The patched file. Pure. Throws if it is not a 64-bit little-endian ELF file, needs anything else of glibc 2.38, does not
 * contain each answer exactly once, or has its parser's function elsewhere.
 */
export function patch(original) {
  const patched = Buffer.from(original)
  const elf = readElf(original)
  pointAliasesAtClassicNames(patched, elf)
  rewriteAnswers(patched)
  guardHeads(patched, elf)
  return patched
}

/** Replaces the version of the aliases by the machine's base version, under which libc exports the classic names. */
function pointAliasesAtClassicNames(patched, elf) {
  const aliasVersion = only(elf.versions, version => version.name === ALIAS_VERSION)
  const baseVersion = only(
    elf.versions,
    version => version.library === aliasVersion.library && version.name === elf.baseVersionName,
  )
  for (const symbol of elf.symbols) {
    if (symbol.versionIndex !== aliasVersion.index) continue
    if (!ALIASES.has(symbol.name))
      throw new Error(`${symbol.name} needs ${ALIAS_VERSION} and has no older name`)
    patched.writeUInt32LE(symbol.nameOffset + ALIAS_PREFIX.length, symbol.position)
  }
  patched.writeUInt32LE(baseVersion.hash, aliasVersion.position)
  patched.writeUInt32LE(baseVersion.nameOffset, aliasVersion.position + 8)
}

/** The versions of shared libraries that the file requires, such as `GLIBC_2.36`. */
export function versionsNeeded(file) {
  return readElf(file).versions.map(version => version.name)
}

/** The newest glibc among version names, such as `2.36`. Throws for a name that is not glibc's. */
export function newestGlibc(versionNames) {
  let newest = '0'
  for (const name of versionNames) {
    if (!/^GLIBC_[0-9.]+$/.test(name)) throw new Error(`the file asks for ${name}`)
    const version = name.slice('GLIBC_'.length)
    if (compareVersions(version, newest) > 0) newest = version
  }
  return newest
}

/** Compares versions such as `2.9` and `2.36` number by number. Returns a negative number, zero or a positive one. */
export function compareVersions(a, b) {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** SHA-256 in hexadecimal. */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

function main() {
  const machine = {
    platform: process.platform,
    arch: process.arch,
    abi: process.versions.modules,
    glibc: process.platform === 'linux' ? process.report.getReport().header.glibcVersionRuntime : undefined,
  }
  const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
  const targetFolder = join(root, 'dist', 'native')
  const step = plan(machine)
  try {
    if (step.kind === 'impossible') throw new Error(step.reason)
    if (step.kind === 'original') {
      // Removes a copy from an older machine, which would be loaded instead of the original.
      rmSync(join(targetFolder, fileName(machine.platform, machine.arch, machine.abi)), { force: true })
      return
    }
    const packageFolder = dirname(createRequire(import.meta.url).resolve('@btc-vision/uwebsockets.js'))
    if (install({ name: step.name, packageFolder, targetFolder }) === 'written') {
      console.log(`native: wrote dist/native/${step.name}`)
    }
  } catch (error) {
    console.log(`native: uWebSockets.js cannot be used here: ${error.message}; the server will use node:http`)
  }
}

/** Parts of a 64-bit ELF file that the patch needs. */
export function readElf(file) {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error('not a 64-bit little-endian ELF file')
  }
  const machine = file.readUInt16LE(18)
  const baseVersionName = BASE_VERSIONS.get(machine)
  if (baseVersionName === undefined) throw new Error('not an ELF file for x86-64 or AArch64')
  const sections = readSections(file)
  const symbolTable = only(sections, section => section.type === SECTION_DYNSYM)
  const versionTable = only(sections, section => section.type === SECTION_VERNEED)
  const symbolVersions = only(sections, section => section.type === SECTION_VERSYM)
  const text = only(sections, ({ flags, name }) => flags & FLAG_EXECUTABLE && name === '.text')
  return {
    machine,
    baseVersionName,
    /** The executable segment. */
    code: { start: text.address, end: text.address + text.size },
    symbols: readSymbols(file, symbolTable, symbolVersions, sections[symbolTable.link]),
    versions: readVersions(file, versionTable, sections[versionTable.link]),
  }
}

function readSections(file) {
  const start = Number(file.readBigUInt64LE(0x28))
  const entryBytes = file.readUInt16LE(0x3a)
  const names = Number(file.readBigUInt64LE(start + file.readUInt16LE(0x3e) * entryBytes + 24))
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, i) => {
    const at = start + i * entryBytes
    return {
      name: readText(file, names + file.readUInt32LE(at)),
      type: file.readUInt32LE(at + 4),
      flags: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    }
  })
}

function readSymbols(file, table, symbolVersions, strings) {
  return Array.from({ length: table.size / SYMBOL_BYTES }, (_, i) => {
    const position = table.offset + i * SYMBOL_BYTES
    const nameOffset = file.readUInt32LE(position)
    return {
      position,
      nameOffset,
      name: readText(file, strings.offset + nameOffset),
      versionIndex: file.readUInt16LE(symbolVersions.offset + i * 2) & 0x7fff,
      address: Number(file.readBigUInt64LE(position + 8)),
      bytes: Number(file.readBigUInt64LE(position + 16)),
    }
  })
}

/** Walks the chain of libraries (verneed) and, for each, the chain of its versions (vernaux). */
function readVersions(file, table, strings) {
  const versions = []
  let need = table.offset
  for (let i = 0; i < table.info; i++) {
    const library = readText(file, strings.offset + file.readUInt32LE(need + 4))
    let position = need + file.readUInt32LE(need + 8)
    for (let j = 0; j < file.readUInt16LE(need + 2); j++) {
      const nameOffset = file.readUInt32LE(position + 8)
      versions.push({
        library,
        position,
        hash: file.readUInt32LE(position),
        index: file.readUInt16LE(position + 6),
        nameOffset,
        name: readText(file, strings.offset + nameOffset),
      })
      position += file.readUInt32LE(position + 12)
    }
    need += file.readUInt32LE(need + 12)
  }
  return versions
}

function readText(file, offset) {
  return file.toString('latin1', offset, file.indexOf(0, offset))
}

function only(list, matches) {
  const found = list.filter(matches)
  if (found.length !== 1) throw new Error(`expected one entry of the ELF file, found ${found.length}`)
  return found[0]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  main()
}
