// The completion script for fish.
import type { LoadedCommand } from '../commands.ts'
import type { Flag, Operand } from '../flags/flag.ts'
import { GLOBAL_FLAGS } from '../flags/global-flags.ts'
import { flagsOf, HELP, offersOf, spellings, TYPED_FLAGS, TYPED_TOKEN, VERSION } from './words.ts'

export function fishScript(commands: readonly LoadedCommand[]): string {
  return `# Completion of hyperfleet for fish, made by 'hyperfleet completion fish'.

# Prints words of kind $argv[1] that the server has.
function __hyperfleet_offers
    set -l word (commandline -ct | string replace -r -- '^--[^=]*=' '' | string replace -r '^["\\']' '')
    set -l type (__hyperfleet_operands)[1]
    # The flags that select the server and the credentials.
    set -l typed
    set -lx ${TYPED_TOKEN} ''
    set -l awaited ''
    for each in (commandline -opc)[2..-1]
        if test "$awaited" = --token
            set ${TYPED_TOKEN} $each
            set awaited ''
        else if test -n "$awaited"
            set -a typed $awaited=$each
            set awaited ''
        else
            switch $each
                case '--token=*'
                    set ${TYPED_TOKEN} (string replace -- --token= '' $each)
                case ${TYPED_FLAGS.map(name => `'--${name}=*'`).join(' ')}
                    set -a typed $each
                case --token ${TYPED_FLAGS.map(name => `--${name}`).join(' ')}
                    set awaited $each
            end
        end
    end
    ${offersOf('$argv[1] "$type" "$word" $typed')}
end

# Prints the words from the command on, without global flags and their values.
function __hyperfleet_words
    set -l words (commandline -opc)[2..-1]
    while set -q words[1]; and string match -q -- '--*' $words[1]
        if string match -q -- '*=*' $words[1]
            set words $words[2..-1]
        else
            set words $words[3..-1]
        end
    end
    set -q words[1]; and printf '%s\\n' $words
end

function __hyperfleet_no_command
    test (count (__hyperfleet_words)) -eq 0
end

# Succeeds if the command is $argv[1].
function __hyperfleet_command
    set -l words (__hyperfleet_words)
    test (count $words) -gt 0; and test $words[1] = $argv[1]
end

# Prints the operands so far. The flags in $argv take a value.
function __hyperfleet_operands
    set -l words (__hyperfleet_words)
    set -l awaited no
    for word in $words[2..-1]
        if test $awaited = yes
            set awaited no
        else if contains -- $word $argv
            set awaited yes
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Succeeds if the next operand of command $argv[1] has position $argv[2]. The other arguments are flags that take a value.
function __hyperfleet_place
    __hyperfleet_command $argv[1]; or return 1
    set -l count (count (__hyperfleet_operands $argv[3..-1]))
    string match -q '*+' $argv[2]; and test $count -ge (string trim -c + $argv[2]); and return 0
    test $count = $argv[2]
end

# Prints the names of the kind that the first operand selects.
function __hyperfleet_named
    switch (__hyperfleet_operands $argv)[1]
        case 'c*'
            __hyperfleet_offers clusters
        case 'n*'
            __hyperfleet_offers nodepools
    end
end

complete -c hyperfleet -f
${[...GLOBAL_FLAGS, VERSION, HELP].map(flag => flagLine('__hyperfleet_no_command', flag)).join('\n')}
${commands.flatMap(commandLines).join('\n')}
`
}

function commandLines(command: LoadedCommand): string[] {
  const { name, summary, operands = [] } = command
  const valued = flagsOf(command)
    .filter(({ value }) => value !== undefined)
    .flatMap(spellings)
    .join(' ')
  return [
    `complete -c hyperfleet -n __hyperfleet_no_command -a ${name} -d ${fishQuoted(summary)}`,
    ...flagsOf(command).map(flag => flagLine(`__hyperfleet_command ${name}`, flag)),
    ...operands.map((operand, i) => operandLine(name, operand, i, valued)),
  ]
}

function flagLine(condition: string, flag: Flag): string {
  const { name, short, value, meaning } = flag
  const spelling = short === undefined ? `-l ${name}` : `-l ${name} -s ${short}`
  const takes = value === undefined ? '' : ` ${action(flag, '')}`
  const when = fishQuoted(condition)
  return `complete -c hyperfleet -n ${when} ${spelling}${takes} -d ${fishQuoted(meaning)}`
}

function operandLine(command: string, operand: Operand, i: number, valued: string): string {
  const place = operand.repeats === true ? `${i}+` : String(i)
  const when = fishQuoted(`__hyperfleet_place ${command} ${place} ${valued}`)
  return `complete -c hyperfleet -n ${when} ${action(operand, valued)}`
}

function action({ choices, completes }: Flag | Operand, valued: string): string {
  if (choices !== undefined) return `-x -a ${fishQuoted(choices.join(' '))}`
  switch (completes) {
    case undefined:
      return '-x'
    case 'file':
      return '-r -F'
    case 'folder':
      return "-x -a '(__fish_complete_directories)'"
    case 'named':
      return `-x -a ${fishQuoted(`(__hyperfleet_named ${valued})`)}`
    default:
      return `-x -a '(__hyperfleet_offers ${completes})'`
  }
}

/** Within single quotes, fish has two escapes. */
function fishQuoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
