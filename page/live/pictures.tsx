// Figures of the last minute, and two pictures of the last quarter of an hour: calls by outcome, and latency.
import { useEffect, useState } from 'preact/hooks'
import type { Series } from '../data/series.ts'
import { milliseconds } from '../parts/words.ts'
import { Chart } from './chart.tsx'

const drawEveryMs = 1000

const calls = [
  { label: 'accepted', colour: 'accepted' },
  { label: 'refused', colour: 'rejected' },
  { label: 'failed', colour: 'failed' },
] as const

const latency = [
  { label: 'median', colour: 'accent' },
  { label: '95 %', colour: 'second' },
] as const

const whole = (value: number): string => value.toFixed(0)

export const Pictures = ({ series }: { readonly series: Series }) => {
  const [now, tick] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), drawEveryMs)
    return () => clearInterval(timer)
  }, [])
  const { perMinute, refused, p50, p95 } = series.figures(now)
  const picture = series.picture(now)
  const ms = (value: number | undefined) => (value === undefined ? '–' : milliseconds(value))
  return (
    <div class="pictures">
      <dl class="figures">
        <div>
          <dt>Last minute</dt>
          <dd>{perMinute}</dd>
        </div>
        <div>
          <dt>Refused</dt>
          <dd>{refused === undefined ? '–' : `${whole(refused * 100)} %`}</dd>
        </div>
        <div>
          <dt>Median</dt>
          <dd>{ms(p50)}</dd>
        </div>
        <div>
          <dt>95 %</dt>
          <dd>{ms(p95)}</dd>
        </div>
      </dl>
      <Chart
        title="Calls in 5 s"
        lines={calls}
        write={whole}
        atLeast={5}
        times={picture.times}
        values={[picture.accepted, picture.refused, picture.failed]}
      />
      <Chart
        title="Latency"
        lines={latency}
        write={milliseconds}
        atLeast={10}
        times={picture.times}
        values={[picture.p50, picture.p95]}
      />
    </div>
  )
}
