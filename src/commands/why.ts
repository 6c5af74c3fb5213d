// mcp-proxy why: the reasons of a decision that a running proxy made.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { string } from '@oclif/core/flags'
import { runningProxyFlags } from '../cli/admin/running-proxy.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { networkFlags, timeoutFlag } from '../cli/flags/network-flags.ts'
import { why } from '../cli/why/why.ts'
import type { WhyReport } from '../cli/why/why-report.ts'

export default class Why extends ReportCommand {
  static override id = 'why'
  static override summary = 'Explain why a running proxy answered a request as it did'
  static override description = `Asks the proxy for the decision under a request id: the cause and its remedy, who asked for what, and every check with what was expected and found. The id is in the \`x-request-id\` header of each answer, in the error of a refusal and in the log. The proxy keeps its latest decisions in memory (observability.decisions): every refusal and failure, and a share of what it accepted; never a token. With observability.decisions.file and observability.decisions.redis it writes them to a file or to Redis too, which --decisions reads; a password of Redis comes from MCP_PROXY_REDIS_PASSWORD.

Exit codes: 0 the decision was found; 2 there is no decision with that id, or the proxy refused access to its admin surface; 3 the proxy did not answer.`
  static override examples = [
    {
      description: 'With ./proxy.toml of the running proxy:',
      command: '<%= config.bin %> why 523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11',
    },
    {
      description: 'A proxy somewhere else; its admin token in MCP_PROXY_ADMIN_TOKEN:',
      command:
        '<%= config.bin %> why 523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11 --proxy https://mcp.example.com',
    },
    {
      description: 'From the file of a proxy that may have ended since:',
      command: '<%= config.bin %> why 523c276f --decisions /var/log/mcp-proxy/decisions.jsonl',
    },
    {
      description: 'From Redis, which several proxies share:',
      command: '<%= config.bin %> why 523c276f --decisions redis://10.0.0.5:6379/0',
    },
    {
      description: 'The id of an answer that curl shows:',
      command: '<%= config.bin %> why "x-request-id: 523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11"',
    },
  ]
  static override args = {
    id: stringArg({
      description: 'the request id, or a line of text that contains one',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    decisions: string({
      description:
        'read the decision from this file or Redis, where the proxy wrote it (observability.decisions.file and .redis); no proxy is asked',
      helpValue: '<file|redis-url>',
      exclusive: ['proxy', 'config'],
    }),
    ...runningProxyFlags,
    ...networkFlags,
    ...timeoutFlag(10, 'the answer of the proxy'),
  }

  async run(): Promise<WhyReport> {
    const { args, flags } = await this.parse(Why)
    return this.conclude(await why(args.id ?? '', flags, this.narrator()))
  }
}
