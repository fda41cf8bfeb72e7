// The completion script for bash 3.2 and later. It does not need the bash-completion package.
import type { LoadedCommand } from '../commands.ts'
import type { Flag, Operand } from '../flags/flag.ts'
import { GLOBAL_FLAGS } from '../flags/global-flags.ts'
import { flagsOf, offersCommand, shellQuoted, spellings, TYPED_FLAGS, VERSION } from './words.ts'

export function bashScript(commands: readonly LoadedCommand[]): string {
  return `# Completion of hyperfleet for bash, made by 'hyperfleet completion bash'.

# Offers words of kind $1 that the server has for the value $2. They are no words of this script: the shell must not expand them.
_hyperfleet_offers() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(${offersCommand(ASKED, '"$token"')})
}

_hyperfleet_commands() {
  echo ${shellQuoted(commands.map(({ name }) => name).join(' '))}
}

# Sets how and choices for the value of flag $2 of command $1; how is empty if the flag takes no value.
_hyperfleet_value() {
  how='' choices=''
  case "$1 $2" in
${[GLOBAL, ...commands].flatMap(valueCases).join('\n')}
  esac
}

# Sets how and choices for the operand at position $2 of command $1.
_hyperfleet_operand() {
  how='' choices=''
  case "$1 $2" in
${commands.flatMap(operandCases).join('\n')}
  esac
}

_hyperfleet_flags() {
  case "$1" in
${[GLOBAL, ...commands].map(flagsCase).join('\n')}
  esac
}

${MACHINERY}`
}

/** Bash before 4.4 takes an empty array for an unset variable. */
const ASKED = `"$1" "$kind" "$2" \${typed[@]+"\${typed[@]}"}`

/** The global flags, as a command without a name. */
const GLOBAL: Flagged = { name: '', flags: [...GLOBAL_FLAGS, VERSION] }

/** The functions that use the generated tables. */
const MACHINERY = `# Offers how the value $2 goes on, of a kind $1 with parts.
_hyperfleet_offer_parts() {
  local cur="$2" quote=''
  if [[ $cur == [\\"\\']* ]]; then quote="\${cur:0:1}" cur="\${cur:1}"; fi
  # Within single quotes a search has no text, and without quotes it has no blank.
  [[ $1 == search && $quote != \\" && $cur == *[\\'\\ ]* ]] && return
  _hyperfleet_offers "$1" "$cur"
  compopt -o nospace 2>/dev/null
  # Bash ends the quotes behind the only continuation, although the value may go on. So it gets a second one.
  if [[ -n $quote ]]; then
    ((\${#COMPREPLY[@]} == 1)) && COMPREPLY+=("\${COMPREPLY[0]} ")
    return
  fi
  # Bash replaces what follows the last = or : outside quotes.
  local before="\${cur%"\${cur##*[=:]}"}" i
  for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do COMPREPLY[i]="\${COMPREPLY[i]#"$before"}"; done
}

_hyperfleet_offer() {
  local cur="$1" IFS=$'\\n'
  case "$how" in
    words) COMPREPLY=($(compgen -W "\${choices// /$'\\n'}" -- "$cur")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
    clusters | nodepools) _hyperfleet_offers "$how" "$cur" ;;
    fields | counted | ordered | selector | search) _hyperfleet_offer_parts "$how" "$cur"; return ;;
  esac
  # A value follows the =.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  # Bash treats the text up to the last = or : as a separate word, which stays unchanged.
  local before="\${cur%"\${cur##*[=:]}"}" i
  for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do COMPREPLY[i]="\${COMPREPLY[i]#"$before"}"; done
}

_hyperfleet() {
  COMPREPLY=()
  # Bash splits words at = and :. Joins them again.
  local words=() word i glued=''
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if ((\${#words[@]} > 0)) && [[ -n $glued || $word == [=:]* ]]; then
      words[\${#words[@]} - 1]+="$word"
      [[ $word == [=:]* ]] && glued=1 || glued=''
    else
      words+=("$word")
    fi
  done
  # Takes the flags that select the server and the credentials.
  local typed=() token=''
  for ((i = 0; i < \${#words[@]} - 1; i++)); do
    word="\${words[i]}"
    case "$word" in
      --token=*) token="\${word#*=}" ;;
      --token) token="\${words[i + 1]}" ;;
      ${TYPED_FLAGS.map(name => `--${name}=*`).join(' | ')}) typed+=("$word") ;;
      ${TYPED_FLAGS.map(name => `--${name}`).join(' | ')}) typed+=("$word=\${words[i + 1]}") ;;
    esac
  done
  # Skips global flags and their values.
  while ((\${#words[@]} > 1)) && [[ \${words[0]} == --* ]]; do
    if [[ \${words[0]} == *=* ]]; then words=("\${words[@]:1}")
    elif ((\${#words[@]} > 2)); then words=("\${words[@]:2}")
    else break
    fi
  done
  local last=$((\${#words[@]} - 1)) command="\${words[0]}" how='' choices='' kind=''
  local cur="\${words[last]}"
  if ((last == 0)); then
    if [[ $cur == --*=* ]]; then
      _hyperfleet_value '' "\${cur%%=*}"
      _hyperfleet_offer "\${cur#*=}"
    elif [[ $cur == -* ]]; then
      COMPREPLY=($(compgen -W "$(_hyperfleet_flags '')" -- "$cur"))
    else
      COMPREPLY=($(compgen -W "$(_hyperfleet_commands)" -- "$cur"))
    fi
    return
  fi
  if [[ $command == -* ]]; then
    _hyperfleet_value '' "$command"
    _hyperfleet_offer "$cur"
    return
  fi
  local place=0 awaited=''
  for ((i = 1; i < last; i++)); do
    word="\${words[i]}"
    if [[ -n $awaited ]]; then
      awaited=''
    elif [[ $word == -* ]]; then
      _hyperfleet_value "$command" "$word"
      awaited="$how"
    else
      ((place == 0)) && kind="$word"
      ((place += 1))
    fi
  done
  if [[ -n $awaited ]]; then
    _hyperfleet_offer "$cur"
  elif [[ $cur == --*=* ]]; then
    _hyperfleet_value "$command" "\${cur%%=*}"
    _hyperfleet_offer "\${cur#*=}"
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_hyperfleet_flags "$command")" -- "$cur"))
  else
    _hyperfleet_operand "$command" "$place"
    if [[ $how == named ]]; then
      case "$kind" in
        c*) how=clusters ;;
        n*) how=nodepools ;;
        *) how='' ;;
      esac
    fi
    _hyperfleet_offer "$cur"
  fi
}

complete -F _hyperfleet hyperfleet
`

type Flagged = Pick<LoadedCommand, 'name' | 'flags'>

function valueCases(command: Flagged): string[] {
  return flagsOf(command)
    .filter(({ value }) => value !== undefined)
    .map(flag => {
      const patterns = spellings(flag).map(each => `'${command.name} ${each}'`)
      return `    ${patterns.join(' | ')}) ${offer(flag)} ;;`
    })
}

function operandCases({ name, operands = [] }: LoadedCommand): string[] {
  return operands.map((operand, i) => {
    const pattern = operand.repeats === true ? `'${name} '*` : `'${name} ${i}'`
    return `    ${pattern}) ${offer(operand)} ;;`
  })
}

function offer({ choices, completes }: Flag | Operand): string {
  if (choices !== undefined) return `how=words choices=${shellQuoted(choices.join(' '))}`
  return `how=${completes ?? 'text'}`
}

function flagsCase(command: Flagged): string {
  const words = flagsOf(command).flatMap(spellings).join(' ')
  return `    ${shellQuoted(command.name)}) echo ${shellQuoted(words)} ;;`
}
