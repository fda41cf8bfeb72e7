// Imports of a native module from the C library, read from its ELF file. They reveal calls that the recorder does not
// know.
import { readFileSync } from 'node:fs'

const SECTION_DYNSYM = 11
const SYMBOL_BYTES = 24
const SECTION_HEADER_BYTES = 64

/** The names that a 64-bit little-endian ELF file leaves undefined. */
export function importedNames(path: string): string[] {
  const elf = readFileSync(path)
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1)
    throw new Error(`${path} is no such ELF file`)
  const sections = Array.from({ length: elf.readUInt16LE(60) }, (_, i) => {
    return section(elf, Number(elf.readBigUInt64LE(40)) + i * SECTION_HEADER_BYTES)
  })
  const symbols = sections.find(({ type }) => type === SECTION_DYNSYM)
  const strings = sections[symbols?.link ?? 0]
  if (symbols === undefined || strings === undefined) throw new Error(`${path} imports nothing`)
  const names: string[] = []
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += SYMBOL_BYTES) {
    const nameAt = strings.offset + elf.readUInt32LE(at)
    const isUndefined = elf.readUInt16LE(at + 6) === 0
    if (isUndefined && nameAt > strings.offset)
      names.push(elf.toString('latin1', nameAt, elf.indexOf(0, nameAt)))
  }
  return names
}

function section(elf: Buffer, at: number) {
  const number = (offset: number) => Number(elf.readBigUInt64LE(at + offset))
  return {
    type: elf.readUInt32LE(at + 4),
    offset: number(24),
    size: number(32),
    link: elf.readUInt32LE(at + 40),
  }
}

/** Calls that change a file or flush it, all of which the recorder sees. */
export const RECORDED = new Set([
  'close',
  'fdatasync',
  'fsync',
  'ftruncate',
  'ftruncate64',
  'mmap',
  'mmap64',
  'open',
  'open64',
  'pwrite',
  'pwrite64',
  'unlink',
  'write',
  'writev',
])

/** Calls that change no file by themselves. A name that is new with a new lmdb belongs here only when that is sure. */
const HARMLESS = [
  // Memory, text, numbers, errors.
  /^(__errno_location|__libc_single_threaded|__tls_get_addr|__stack_chk_fail|__assert_fail|abort|atoi|bcmp|calloc|free|getenv|malloc)$/,
  /^(memchr|memcmp|memcpy|memmove|memset|ntohl|posix_memalign|qsort|realloc|sprintf|snprintf|__snprintf_chk|__sprintf_chk)$/,
  /^(str(cat|chr|cmp|cpy|dup|error|len|ncmp|toll|tol|toul|rchr|ncpy)|__strcat_chk|__memcpy_chk|__isoc23_strto\w+)$/,
  // To the standard error only.
  /^(fprintf|__fprintf_chk|fputc|fwrite|stderr|stdout)$/,
  // Looking and locking.
  /^(fcntl(64)?|flock|fstat(64)?|__fxstat(64)?|fstatfs(64)?|stat(64)?|__xstat(64)?|lseek(64)?|pread(64)?|read)$/,
  /^(clock_gettime|getpid|gettid|sleep|sysconf|time|uname|usleep|nanosleep)$/,
  /^(madvise|munmap|mprotect)$/,
  // Only with a writable memory map of the data file, which a test rules out.
  /^msync$/,
  // Threads and signals.
  /^(pthread_\w+|sig(addset|emptyset|wait))$/,
  // The C++ library, the compiler, V8, Node-API and libuv's loop.
  /^(_Z\w+|__cxa_\w+|__gxx_\w+|__gmon_start__|_ITM_\w+|_Unwind_\w+|napi_\w+|node_api_\w+|uv_(sleep|hrtime|async\w*|mutex\w*|thread\w*))$/,
]

/** Names not yet classified as changing a file or not. */
export function unknownCalls(names: readonly string[]): string[] {
  return names.filter(name => !RECORDED.has(name) && !HARMLESS.some(pattern => pattern.test(name)))
}
