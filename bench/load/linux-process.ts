// Figures that Linux keeps about a process in /proc. They are read without a question to the process, which would
// disturb it.
import { readFileSync } from 'node:fs'

/** Processor time of all threads of a process. */
export interface ProcessorTime {
  readonly userMs: number
  readonly systemMs: number
}

/** Resident memory, of which files are what the page cache has anyway. */
export interface ResidentMemory {
  readonly rssBytes: number
  readonly anonymousBytes: number
  readonly fileBytes: number
}

/** Unit of times in /proc on every platform that Node runs on. */
const TICK_MS = 10
const KIBIBYTE = 1024
/** Places after the name of the command, which may contain blanks and brackets. */
const [USER_TICKS, SYSTEM_TICKS] = [11, 12]

export function readProcessorTime(pid: number): ProcessorTime {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

export function readResidentMemory(pid: number): ResidentMemory {
  return parseStatus(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Resident memory of the files that a process has mapped from a folder. */
export function readMappedBytes(pid: number, folder: string): number {
  return parseMappedBytes(readFileSync(`/proc/${pid}/smaps`, 'utf8'), folder)
}

/** Parses `/proc/PID/stat`. */
export function parseStat(text: string): ProcessorTime {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    userMs: numberIn('stat', fields[USER_TICKS]) * TICK_MS,
    systemMs: numberIn('stat', fields[SYSTEM_TICKS]) * TICK_MS,
  }
}

/** Parses `/proc/PID/status`. */
export function parseStatus(text: string): ResidentMemory {
  const kibibytes = (name: string) =>
    numberIn('status', new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]) * KIBIBYTE
  return {
    rssBytes: kibibytes('VmRSS'),
    anonymousBytes: kibibytes('RssAnon'),
    fileBytes: kibibytes('RssFile'),
  }
}

/** Parses `/proc/PID/smaps`: a line with addresses and a path begins each mapping, and lines of its figures follow. */
export function parseMappedBytes(text: string, folder: string): number {
  let isWanted = false
  let sum = 0
  for (const line of text.split('\n')) {
    if (/^[\da-f]+-[\da-f]+ /.test(line)) isWanted = line.includes(` ${folder}/`)
    else if (isWanted && line.startsWith('Rss:')) sum += numberIn('smaps', /\d+/.exec(line)?.[0]) * KIBIBYTE
  }
  return sum
}

function numberIn(file: string, field: string | undefined): number {
  const value = Number(field)
  if (field === undefined || Number.isNaN(value)) throw new Error(`/proc/PID/${file} lacks a number`)
  return value
}
