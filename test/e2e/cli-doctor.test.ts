// `doctor` over real sockets and children: a world in which all is well, and how that is told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type RunningProxy } from '../support/command-line.ts'
import { freePort, openDoctorLab, type DoctorLab, type World } from '../support/doctor-lab.ts'
import { stdioServer } from '../support/mcp-servers.ts'

let lab: DoctorLab
let world: World
let publicUrl: string

beforeAll(async () => {
  lab = await openDoctorLab()
  const port = await freePort()
  publicUrl = `http://127.0.0.1:${port}/mcp`
  world = {
    proxy: { public_url: publicUrl },
    listen: { port },
    auth: { ...lab.auth, required_scopes: ['mcp:read'] },
    backends: [
      lab.stdio,
      lab.remote,
      { name: 'old', transport: 'stdio', ...stdioServer('legacy') },
    ],
  }
})

afterAll(() => lab?.close())

describe('before the proxy runs', () => {
  test('everything but the public address is established: exit 3', async () => {
    const found = await lab.examine(world)
    expect(found).toMatchObject({ exitCode: 3, verdict: 'undecided', open: ['prm-reach'] })
    expect(found.found).toEqual([])
    expect(found.next).toEqual([
      expect.stringContaining('mcp-proxy serve'),
      expect.stringContaining('mcp-proxy doctor'),
    ])
    expect(found.section('listen')).toMatchObject({ state: 'ok' })
    expect(found.section('clock').summary).toMatch(/agrees with \d servers/)
    expect(found.section('keys').summary).toMatch(/^2 keys usable/)
    expect(found.section('tokens').checks).toContainEqual(
      expect.objectContaining({ id: 'policy-revocation', status: 'warn', severity: 'info' }),
    )
    expect(found.section('introspection').summary).toMatch(/takes our client/)
  })

  test('backends of both eras over both transports tell what they are', async () => {
    const found = await lab.examine(world, { args: ['--only', 'backends'] })
    expect(found.section('backends', 'files').summary).toMatch(
      /^2026-07-28 \(stateless\), 2025-11-25 \(sessions\), \d+ tools/,
    )
    expect(found.section('backends', 'notes').summary).toMatch(
      /^2025-11-25 \(sessions\), \d+ tools/,
    )
    expect(found.section('backends', 'old').summary).toMatch(/^2025-11-25 \(sessions\), \d+ tools/)
    const server = found.section('backends', 'old').facts.find(({ name }) => name === 'server')
    expect(server?.text).toMatch(/\S+ \S+/)
  })

  test('--except leaves the open question out: exit 0', async () => {
    const found = await lab.examine(world, { args: ['--except', 'public'] })
    expect(found).toMatchObject({ exitCode: 0, verdict: 'clean', open: [] })
    expect(found.sections.map(({ section }) => section)).not.toContain('public')
  })

  test('--fail-on decides what counts', async () => {
    const args = ['--only', 'discovery', '--fail-on', 'low']
    expect(await lab.examine(world, { args })).toMatchObject({ exitCode: 1, verdict: 'findings' })
  })

  test.each([
    [
      'junit',
      /<testsuite name="public http[\s\S]*<error message="http\S+ is not reachable from here[\s\S]*name="backends files"/,
    ],
    ['markdown', /### OPEN: doctor public http/],
  ])('--format %s', async (format, says) => {
    const file = await lab.write(world)
    const { exitCode, stdout } = await lab.recorder.run(
      ['doctor', '--config', file, '--format', format],
      { env: lab.env },
    )
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(says)
  })

  test('--quiet leaves the verdict', async () => {
    const file = await lab.write(world)
    const { stdout, stderr } = await lab.recorder.run(['doctor', '-q', '--config', file], {
      env: lab.env,
    })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^INCOMPLETE {2}1 question could not be answered \(public .*\n$/)
  })

  test('a section that does not exist: exit 2, with the likely one', async () => {
    const { exitCode, stderr } = await lab.recorder.run(['doctor', '--only', 'backend,keys'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean backends?')
  })
})

describe('while the proxy runs', () => {
  let proxy: RunningProxy

  beforeAll(async () => {
    proxy = await startProxy(await lab.write(world), { env: lab.env })
  })
  afterAll(() => proxy?.stop())

  test('its public face is seen as clients see it: exit 0', async () => {
    const found = await lab.examine(world)
    expect(found).toMatchObject({ exitCode: 0, verdict: 'clean', open: [] })
    expect(found.section('listen').summary).toMatch(/a proxy runs there/)
    const face = found.section('public', publicUrl)
    expect(face).toMatchObject({ state: 'ok', summary: '401 Bearer, metadata found' })
    const passed = face.checks.filter(({ status }) => status === 'pass').map(({ id }) => id)
    expect(passed).toEqual(
      expect.arrayContaining(['prm-challenge', 'prm-resource', 'prm-configured', 'prm-audience']),
    )
    expect(found.next[0]).toMatch(/^mcp-proxy validate /)
  })

  test('the metadata of another configuration than this one is told apart', async () => {
    const found = await lab.examine({
      ...world,
      auth: { ...lab.auth, required_scopes: ['mcp:call'], audience: 'https://other.example/mcp' },
    })
    expect(found).toMatchObject({ exitCode: 1 })
    expect(found.found).toEqual(expect.arrayContaining(['prm-configured', 'prm-audience']))
  })

  test('tokens for any audience are accepted: high, and no audience is missed beside it', async () => {
    const found = await lab.examine({
      ...world,
      auth: { ...lab.auth, audience: undefined, allow_any_audience: true },
    })
    expect(found).toMatchObject({ exitCode: 1 })
    expect(found.found).toContain('policy-audience')
    expect(found.found).not.toContain('prm-audience')
    expect(found.section('config').checks).toContainEqual(
      expect.objectContaining({ id: 'policy-audience', severity: 'high', status: 'warn' }),
    )
  })

  test('serve --dry-run is the same, and serves nothing', async () => {
    const file = await lab.write(world)
    const [doctor, dry] = await Promise.all([
      lab.recorder.report('doctor', ['doctor', '--config', file], { env: lab.env }),
      lab.recorder.report('doctor', ['serve', '--dry-run', '--config', file], { env: lab.env }),
    ])
    expect(dry.exitCode).toBe(doctor.exitCode)
    const shape = ({ report }: typeof dry) =>
      (report['sections'] as unknown as { section: string; subject: string; state: string }[]).map(
        // How fast the issuer answers is not the same twice.
        ({ section, subject, state }) => [section, subject, state === 'advice' ? 'ok' : state],
      )
    expect(shape(dry)).toEqual(shape(doctor))
  })
})

test('a configuration that is wrong: exit 2, and the words of serve --check', async () => {
  const file = await lab.folder.write('broken.toml', '[proxy]\nnam = "desk"\n')
  const [doctor, check] = await Promise.all([
    lab.recorder.run(['doctor', '--config', file]),
    lab.recorder.run(['serve', '--check', '--config', file]),
  ])
  expect(doctor).toMatchObject({ exitCode: 2, stdout: '' })
  expect(doctor.stderr).toBe(check.stderr)
})
