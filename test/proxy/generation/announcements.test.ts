import { expect, test } from 'vitest'
import { createAnnouncements } from '../../../src/proxy/generation/announcements.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const start = () => {
  const clock = createManualClock()
  const told: string[] = []
  const announce = createAnnouncements(clock, new AbortController().signal, (method) => {
    told.push(method)
  })
  return { clock, told, announce }
}

test('changes that come together are told once, whoever they are from', async () => {
  const { clock, told, announce } = start()
  announce('a', 'tools')
  await clock.advance(50)
  announce('b', 'tools')
  announce('b', 'prompts')
  await clock.advance(50)
  expect(told).toEqual(['tools', 'prompts'])
  await clock.advance(1000)
  expect(told).toHaveLength(2)
})

test('a backend that announces without end is heard less and less often, and the others as before', async () => {
  const { clock, told, announce } = start()
  for (let ms = 0; ms < 60_000; ms += 20) {
    announce('storm', 'tools')
    await clock.advance(20)
  }
  expect(told.length).toBeGreaterThan(10)
  expect(told.length).toBeLessThan(25)
  const before = told.length
  announce('storm', 'tools')
  announce('calm', 'prompts')
  await clock.advance(100)
  expect(told.slice(before)).toEqual(['prompts'])
})

test('after the storm the last change is told, and after a while all is as before', async () => {
  const { clock, told, announce } = start()
  for (let change = 0; change < 500; change += 1) {
    announce('storm', 'tools')
    await clock.advance(20)
  }
  announce('storm', 'resources')
  await clock.advance(5_000)
  expect(told.at(-1)).toBe('resources')
  await clock.advance(60_000)
  announce('storm', 'tools')
  await clock.advance(100)
  expect(told.at(-1)).toBe('tools')
})
