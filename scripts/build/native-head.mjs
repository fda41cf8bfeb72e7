// Wraps uWebSockets' parser of request heads in `readHead` of native-head.c. Without it a request could be misread: fields after
// one without a name did not count, bytes from 0x80 were trimmed off values, an empty Content-Length hid the next one, and data
// after the last request of a connection was answered.
//
// The machine code replaces a function that this server never calls: the one that adds WebSockets to a TLS listener.

/** The name of the replaced function. */
export const REPLACED =
  '_Z10uWS_App_wsIN3uWS12TemplatedAppILb1EEEEvRKN2v820FunctionCallbackInfoINS3_5ValueEEE'

/**
 * Constants by machine (ELF e_machine): the start of the parser's function, the encoding of a call, the code of native-head.c
 * with the position of its call, and the new content of the replaced function, which returns.
 */
const MACHINES = new Map([
  [
    62, // x86-64
    {
      parser: '554157415641554154534883ec284989f24929fa31db4983fa0473084531c94531dbeb15',
      return: 'c3',
      alignment: 16,
      callAt: 0x18,
      call: { step: 1, target: callTargetOnX64, write: writeCallOnX64 },
      code:
        '9kH8EA+FFQIAAEFWQVVBVFVIidVTTInD6AAAAABBicGFwA+E6AEAAEiNdSBFMcBFMdJJu2Nvbm5lY3RpSL3//f///u///0m8' +
        'dHJhbnNmZXJJvWNvbnRlbnQtSItOCEiFyQ+EkAEAAEiLPkiF/w+ElwEAAEiNRDkBihCA+gl1BUj/wOv0gPogdPZIi1YQSANW' +
        'GEg50EgPQ9CAOg10Ekj/wuv2RIpy/0GA/iB1Ckj/ykg50HLu6wZBgP4JdPBJidZIiUYYSSnGTIl2EEg50HVRSIP/DnUZTDkp' +
        'D4UQAQAASLh0LWxlbmd0aEg5QQbrJ0iD/xF1LEw5IQ+F8QAAAEi4LWVuY29kaW5IOUEID4XdAAAAgHkQZw+F0wAAAOnqAAAA' +
        'SIP/Cg+FxAAAAEw5GQ+FuwAAAIB5CG8PhbEAAACAeQluD4WnAAAATYXSTA9E1kg50A+DlwAAAEiJx4oPgPksdgVIifjrHEiJ' +
        '6EjT+KgBdfFI/8dIOfp14uvngDgsdAhI/8BIOdBy80iJwUg5z3O/RIpx/0GA/iB1BUj/yevsQYD+CXT1SCn5SIP5BXWhig+D' +
        'ySCA+WN1l4pPAYPJIID5bHWMik8Cg8kggPlvdYGKTwODySCA+XMPhXL///+KTwSDySCA+WUPhWP///9JifhIg8Yg6WP+//9N' +
        'hcB0F02JQhhJx0IQBQAAAOsJxwMDAAAARTHJW0SJyF1BXEFdQV7DMcDD',
    },
  ],
  [
    183, // AArch64
    {
      parser:
        'ff4301d1fd7b01a9f71300f9f65703a9f44f04a9fd4300912a0000cb5f1100f182000054e9031faaea031faa08000014',
      return: 'c0035fd6',
      alignment: 16,
      callAt: 0x1c,
      call: { step: 4, target: callTargetOnArm64, write: writeCallOnArm64 },
      code:
        'ZcBfOGUUIDf9e76p/QMAkfNTAan0AwKq8wMEqgAAAJQgCAA0aOyN0opOjtJr7I3SyM2t8irMrfLLja7yqGzM8glAgJJqzszy' +
        'q8zN8oKCAJEEAIDSBwCA0ogu7fLJ/93yqkzu8ouu5fJFBED55QAAtWQAALShAIDS4RABqfNTQan9e8KowANf1kYAQPmGBAC0' +
        'wQQAkaEAAYsjAEA5f4AAcWQYSXpABABUTAxBqWMADIs/AAPrI4CDmmwAQDmfNQBxoQMAVD8AA+uiAABUbPBfOJ+BAHGEGUl6' +
        'IAMAVGwAActMBAGpPwAD6yEDAFTfOADxoQIAVKEAQPk/AAvrYQQAVKNgQPiBroXSga2s8sHtzPKBDu3yfwAB64EDAFRgAIBS' +
        'YAIAuQAAgFLV//8XIQQAkdr//xdjBACR4P//F2MEANHh//8X30QA8UACAFTfKADxwQEAVKYAQPnfAAjrYQEAVKYgQDnfvAFx' +
        'AQEAVKUkQDm/uAFxoQAAVP8AAPHnEIKafwAB6wgCAFRCgACRt///F6EAQPk/AArrgf//VKMEQPmhpYzSwW2s8uGNzPIhze3y' +
        'fwAB66H+/1ShQEA5P5wBcdb//xflAwGqoQBAOT+wAHHIAABUISnBmoEAADelBACRfwAF6yH//1ThAwWqfwAB64kAAFQmAEA5' +
        '37AAcWEAAFTmAwGqBAAAFCEEAJH4//8XxgQA0d8ABetJ+/9UzPBfOJ+BAHGEGUl6QP//VMYABcvfFADxYfr/VKYAQDnGABsy' +
        '34wBceH5/1SmBEA5xgAbMt+wAXFh+f9UpghAOcYAGzLfvAFx4fj/VKYMQDnGABsy38wBcWH4/1SmEEA5xgAbMt+UAXHh9/9U' +
        '5AMFqr///xcAAIBSwANf1g==',
    },
  ],
])

/** Number of calls of the parser's function: one for a head in one piece, one for a head in several. */
const CALLS = 2

/**
 * Changes a file in place. Positions equal addresses: the code is in the first segment, which begins at 0.
 * @param {Buffer} patched
 * @param {ReturnType<typeof import('./native.mjs').readElf>} elf
 * @throws Error if the parser's function, its calls or the space for the code have changed
 */
export function guardHeads(patched, elf) {
  const machine = MACHINES.get(elf.machine)
  const parser = onlyPosition(patched, Buffer.from(machine.parser, 'hex'))
  const calls = callsOf(patched, elf.code, machine, parser)
  if (calls.length !== CALLS) throw new Error(`the parser's function is called ${calls.length} times`)
  const room = elf.symbols.find(symbol => symbol.name === REPLACED)
  const code = Buffer.from(machine.code, 'base64')
  if (room === undefined || room.bytes < machine.alignment + code.length)
    throw new Error('not enough space for the code of native-head.c')
  patched.write(machine.return, room.address, 'hex')
  const readHead = room.address + machine.alignment
  code.copy(patched, readHead)
  machine.call.write(patched, readHead + machine.callAt, parser)
  for (const call of calls) machine.call.write(patched, call, readHead)
}

function onlyPosition(file, bytes) {
  const position = file.indexOf(bytes)
  if (position < 0 || file.indexOf(bytes, position + 1) >= 0)
    throw new Error("the parser's function has moved")
  return position
}

function callsOf(file, code, { call }, target) {
  const calls = []
  for (let at = code.start; at + 5 <= code.end; at += call.step) {
    if (call.target(file, at) === target) calls.push(at)
  }
  return calls
}

/** `call rel32`. */
function callTargetOnX64(file, at) {
  return file[at] === 0xe8 ? at + 5 + file.readInt32LE(at + 1) : undefined
}

function writeCallOnX64(file, at, target) {
  file[at] = 0xe8
  file.writeInt32LE(target - at - 5, at + 1)
}

/** Target of `bl imm26`. */
function callTargetOnArm64(file, at) {
  const word = file.readUInt32LE(at)
  return word >>> 26 === 0x25 ? at + ((word << 6) >> 4) : undefined
}

function writeCallOnArm64(file, at, target) {
  file.writeUInt32LE(((0x25 << 26) | (((target - at) >> 2) & 0x3ffffff)) >>> 0, at)
}
