// `doctor --format html` over a small world, and its badge.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, openDoctorLab, type DoctorLab, type World } from '../support/doctor-lab.ts'
import { hasChromium } from '../support/person.ts'
import { startReader } from '../support/report-page.ts'

let lab: DoctorLab
let world: World

beforeAll(async () => {
  lab = await openDoctorLab()
  const port = await freePort()
  world = {
    proxy: { public_url: `http://127.0.0.1:${port}/mcp` },
    listen: { port },
    auth: lab.auth,
    backends: [lab.stdio, { name: 'gone', transport: 'stdio', command: 'no-such-program' }],
  }
})

afterAll(() => lab?.close())

test.skipIf(!hasChromium && process.env['CI'] === undefined)(
  'the path, each section, the request and the answer, without the client secret',
  async () => {
    const { stdout } = await lab.recorder.run(
      ['doctor', '--config', await lab.write(world), '--format', 'html', '--badge', 'doctor.svg'],
      { cwd: lab.folder.path, env: lab.env },
    )
    expect(stdout).not.toContain(lab.issuer.clientSecret)
    expect(await readFile(`${lab.folder.path}/doctor.svg`, 'utf8')).toContain(
      'aria-label="mcp-proxy doctor: findings"',
    )
    const reader = await startReader()
    try {
      for (const width of [1280, 400]) {
        const open = await reader.open(stdout, { width })
        await open.picture(`doctor-${String(width)}`)
        expect(await open.page.locator('.mark').innerText()).toBe('FINDINGS')
        expect(await open.page.locator('.cause').innerText()).toContain('no-such-program')
        const boxes = await open.page.locator('svg.wide .name').allTextContents()
        expect(boxes).toEqual([
          'Public address',
          'Proxy',
          'Authorization server',
          'Keys',
          'Backends',
        ])
        expect(await open.page.locator('#hop-issuer .exchange').count()).toBeGreaterThan(0)
        expect(open.asked).toEqual([])
        expect(open.complaints).toEqual([])
        expect(await open.violations()).toEqual([])
        await open.page.close()
      }
    } finally {
      await reader.close()
    }
  },
)
