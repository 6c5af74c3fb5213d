// From which severity on a finding decides the exit code.
import { custom } from '@oclif/core/flags'
import type { Severity } from '../../problems/catalogue/spec.ts'

const severities: readonly Severity[] = ['fatal', 'high', 'medium', 'low', 'info']

export const failOnFlag = {
  'fail-on': custom<Severity>({
    options: [...severities],
    default: 'high',
    description: 'exit with 1 on findings of this severity or above',
  })(),
}
