// The completion script for zsh. Use it with `source`, or as the file `_hyperfleet` in a folder of `fpath`.
import type { LoadedCommand } from '../commands.ts'
import { ASKED_KINDS, type Flag, type Operand } from '../flags/flag.ts'
import { GLOBAL_FLAGS } from '../flags/global-flags.ts'
import { flagsOf, HELP, offersCommand, shellQuoted, TYPED_FLAGS, VERSION } from './words.ts'

/** Kinds of values with parts. */
const PARTS = ASKED_KINDS.filter(kind => kind !== 'clusters' && kind !== 'nodepools')

export function zshScript(commands: readonly LoadedCommand[]): string {
  const globals = [...GLOBAL_FLAGS, VERSION, HELP].flatMap(flagSpecs).map(shellQuoted).join(' ')
  const names = commands.map(({ name, summary }) => `    ${shellQuoted(`${name}:${summary}`)}`)
  return `#compdef hyperfleet
# Completion of hyperfleet for zsh, made by 'hyperfleet completion zsh'.

_hyperfleet_names() {
  local -a names
  names=(\${(f)"$(${offersCommand('$1 "$line[1]" "$PREFIX" $hyperfleet_typed', '$hyperfleet_token')})"})
  compadd -a names
}

# Values that may go on get no space.
_hyperfleet_parts() {
  local -a offers
  offers=(\${(f)"$(${offersCommand('$1 "$line[1]" "$PREFIX" $hyperfleet_typed', '$hyperfleet_token')})"})
  compadd -S '' -a offers
}

_hyperfleet_clusters() { _hyperfleet_names clusters }
_hyperfleet_nodepools() { _hyperfleet_names nodepools }
${PARTS.map(kind => `_hyperfleet_${kind}() { _hyperfleet_parts ${kind} }`).join('\n')}

# Completes names of the kind that the first operand selects.
_hyperfleet_named() {
  case \${line[1]} in
    c*) _hyperfleet_names clusters ;;
    n*) _hyperfleet_names nodepools ;;
  esac
}

_hyperfleet() {
  local -a commands line
  commands=(
${names.join('\n')}
  )
  # Takes the flags that select the server and the credentials.
  local -a hyperfleet_typed
  local hyperfleet_token i
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      --token=*) hyperfleet_token=\${words[i]#*=} ;;
      --token) hyperfleet_token=$words[i+1] ;;
      ${TYPED_FLAGS.map(name => `--${name}=*`).join(' | ')}) hyperfleet_typed+=("$words[i]") ;;
      ${TYPED_FLAGS.map(name => `--${name}`).join(' | ')}) hyperfleet_typed+=("$words[i]=$words[i+1]") ;;
    esac
  done
  # Skips global flags and their values.
  while ((CURRENT > 2)) && [[ $words[2] == --* ]]; do
    if [[ $words[2] == *=* ]]; then
      words[2]=()
      ((CURRENT--))
    elif ((CURRENT > 3)); then
      words[2,3]=()
      ((CURRENT -= 2))
    else
      _arguments -S ${globals}
      return
    fi
  done
  if ((CURRENT == 2)); then
    if [[ $words[2] == -* ]]; then
      _arguments -S ${globals}
    else
      _describe -t commands command commands
    fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _hyperfleet ]]; then
  _hyperfleet "$@"
else
  compdef _hyperfleet hyperfleet
fi
`
}

function commandCase(command: LoadedCommand): string {
  const { name, operands = [] } = command
  const specs = [...flagsOf(command).flatMap(flagSpecs), ...operands.map(operandSpec)]
  return `    ${name})\n      _arguments -S ${specs.map(shellQuoted).join(' \\\n        ')}\n      ;;`
}

/** One specification for each spelling. Each excludes the other unless the flag may be repeated. */
function flagSpecs(flag: Flag): string[] {
  const { name, short, value, repeats } = flag
  const takes = value !== undefined
  const others = repeats === true ? '*' : short === undefined ? '' : `(-${short} --${name})`
  const tail = `[${escaped(flag.meaning)}]${takes ? `:${escaped(value)}:${action(flag)}` : ''}`
  const long = `${others}--${name}${takes ? '=' : ''}${tail}`
  return short === undefined ? [long] : [long, `${others}-${short}${takes ? '+' : ''}${tail}`]
}

function operandSpec(operand: Operand, i: number): string {
  return `${operand.repeats === true ? '*' : String(i + 1)}:name:${action(operand)}`
}

function action({ choices, completes }: Flag | Operand): string {
  if (choices !== undefined) return `(${choices.join(' ')})`
  switch (completes) {
    case undefined:
      return ''
    case 'file':
      return '_files'
    case 'folder':
      return '_files -/'
    default:
      return `_hyperfleet_${completes}`
  }
}

/** Escapes the special characters in specifications of `_arguments`. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}
