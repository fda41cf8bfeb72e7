// `hyperfleet version`: prints the details that a bug report needs.

import { type BuildInfo, readBuildInfo } from '../binary/build-info.ts'
import { chooseTransport } from '../http/transport/load.ts'
import { type Command, EXIT, UsageError } from './command.ts'

export const version: Command = {
  help: () => 'Usage: hyperfleet version',
  examples: [['hyperfleet version'], ['hyperfleet --version', 'the version alone']],
  run: async (args, output) => {
    if (args.length > 0) throw new UsageError(`version takes no arguments, not '${args.join(' ')}'`)
    const build = readBuildInfo()
    output.write(
      `${[
        `hyperfleet ${build.version}`,
        `commit     ${build.commit}`,
        `built      ${build.buildTime}`,
        `engine     ${engine(build)}`,
        `Node       ${process.version}`,
      ].join('\n')}\n`,
    )
    return EXIT.ok
  },
}

/** The default HTTP engine on this machine, and the reason if it is not the faster one. */
function engine({ uwsVersion }: BuildInfo): string {
  const { engine, note } = chooseTransport('auto')
  if (engine === 'uws') return `uWebSockets.js ${uwsVersion}`
  return `node:http (llhttp ${process.versions.llhttp})${note === undefined ? '' : `: ${note}`}`
}
