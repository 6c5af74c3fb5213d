// The verdict of the doctor as a badge.
import type { Badge } from '../html/badge.ts'
import type { Tone } from '../html/tone.ts'
import type { DoctorReport } from './report.ts'

const tones = { clean: 'ok', findings: 'bad', undecided: 'open' } as const

export const doctorTone = ({ verdict }: Pick<DoctorReport, 'verdict'>): Tone => tones[verdict]

export const doctorBadge = (report: DoctorReport): Badge => ({
  label: 'mcp-proxy doctor',
  text: report.verdict,
  tone: doctorTone(report),
})
