// The files of deploy/ against what they are for: the schemas of Kubernetes, systemd's own judgement, the command that they
// start and the endpoints that they ask.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { makeTempFolder, runCommandLine } from '../support/command-line.ts'
import { sendTo } from '../support/proxy.ts'
import { startRealProxy } from '../support/real-proxy.ts'
import { stdioServer } from '../support/mcp-servers.ts'

const read = (name: string): string => readFileSync(`deploy/${name}`, 'utf8')

// oxlint-disable-next-line typescript/no-explicit-any -- manifests are looked into member by member
type Document = any

const manifests = parseAllDocuments(read('kubernetes/mcp-proxy.yaml')).map((document): Document =>
  document.toJS(),
)
const manifestOf = (kind: string): Document => manifests.find((one) => one.kind === kind)

/** Where the types of each kind are: `apps/v1` in `kubernetes-types/apps/v1`. */
const moduleOf = (apiVersion: string): string =>
  `kubernetes-types/${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}`

/** What the published types of Kubernetes say against a manifest: unknown members too. */
const typeErrors = (manifest: Document): readonly string[] => {
  const file = `${process.cwd()}/manifest.ts`
  const text = `import type { ${manifest.kind} } from '${moduleOf(manifest.apiVersion)}'
export const manifest: ${manifest.kind} = ${JSON.stringify(manifest, undefined, 2)}\n`
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: [],
  }
  const standard = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...standard,
    getSourceFile: (name, ...rest) =>
      name === file
        ? ts.createSourceFile(name, text, rest[0])
        : standard.getSourceFile(name, ...rest),
    fileExists: (name) => name === file || standard.fileExists(name),
    readFile: (name) => (name === file ? text : standard.readFile(name)),
  }
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const secretsOf = {
  OAUTH_CLIENT_SECRET: 'only-for-this-test-0123456789',
  MCP_PROXY_ADMIN_TOKEN: 'admin-token-for-this-test-0123456789',
}

const check = async (text: string) => {
  const folder = await makeTempFolder()
  try {
    const file = await folder.write('proxy.toml', text)
    return await runCommandLine(['serve', '--check', '--config', file], { env: secretsOf })
  } finally {
    await folder.remove()
  }
}

describe('Kubernetes', () => {
  test('has one manifest of each kind', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'ConfigMap',
      'ServiceAccount',
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ])
  })

  test.each(manifests.map((manifest) => [manifest.kind as string, manifest] as const))(
    '%s is as the types of Kubernetes have it',
    (_, manifest) => {
      expect(typeErrors(manifest)).toEqual([])
    },
    60_000,
  )

  test('a member that does not exist is found: the test can fail', () => {
    const wrong = structuredClone(manifestOf('PodDisruptionBudget'))
    wrong.spec.minAvailabel = 2
    expect(typeErrors(wrong).join()).toContain('minAvailabel')
  }, 60_000)

  const pod = manifestOf('Deployment').spec.template.spec
  const [container] = pod.containers

  test('everything finds everything by the same labels, ports and names', () => {
    const { labels } = manifestOf('Deployment').spec.template.metadata
    for (const selector of [
      manifestOf('Deployment').spec.selector.matchLabels,
      manifestOf('Service').spec.selector,
      manifestOf('PodDisruptionBudget').spec.selector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ]) {
      expect(labels).toMatchObject(selector)
    }
    expect(manifestOf('Service').spec.ports[0].targetPort).toBe(container.ports[0].name)
    expect(pod.serviceAccountName).toBe(manifestOf('ServiceAccount').metadata.name)
    expect(pod.volumes[0].configMap.name).toBe(manifestOf('ConfigMap').metadata.name)
    expect(manifestOf('PodDisruptionBudget').spec.minAvailable).toBeLessThan(
      manifestOf('Deployment').spec.replicas,
    )
  })

  test('the container can do nothing but its work', () => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(container.resources.limits.memory).toBeDefined()
  })

  test('a changed ConfigMap reaches the process: a folder is mounted, and it is watched', () => {
    const mount = container.volumeMounts.find(({ name }: Document) => name === 'config')
    expect(mount).toEqual({ name: 'config', mountPath: '/etc/mcp-proxy', readOnly: true })
    expect(manifestOf('ConfigMap').data['proxy.toml']).toContain('hot_reload = true')
  })

  test('a pod that ends may take as long as its proxy', () => {
    const seconds = Number(
      /shutdown_timeout_seconds = (\d+)/.exec(manifestOf('ConfigMap').data['proxy.toml'])?.[1],
    )
    const [, pause] = container.lifecycle.preStop.exec.command
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + Number(pause))
  })

  test('its configuration is valid, and the variables that it names come from its Secret', async () => {
    const { stdout, stderr, exitCode } = await check(manifestOf('ConfigMap').data['proxy.toml'])
    expect(`${stdout}${stderr}`).not.toMatch(/config-/)
    expect(exitCode).toBe(0)
    expect(container.envFrom).toEqual([{ secretRef: { name: 'mcp-proxy' } }])
  })

  test('probes need no token, although everything else does', async () => {
    const proxy = await startRealProxy(
      [{ name: 'one', transport: 'stdio', ...stdioServer('dual') }],
      {
        config: {
          auth: { type: 'bearer', tokens: [secretsOf.OAUTH_CLIENT_SECRET] },
          security: { admin_token: secretsOf.MCP_PROXY_ADMIN_TOKEN },
        },
      },
    )
    try {
      const { origin } = new URL(proxy.url)
      const ask = async (path: string) => (await sendTo(origin, { method: 'GET', path })).status
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
        expect(await ask(container[probe].httpGet.path)).toBe(200)
      }
      expect(await ask('/admin/health')).toBe(401)
    } finally {
      await proxy.close({ force: true })
    }
  })
})

describe('compose', () => {
  const { services } = parse(read('compose/compose.yaml'))

  test('its configuration is valid', async () => {
    const { stdout, stderr, exitCode } = await check(read('compose/proxy.toml'))
    expect(`${stdout}${stderr}`).not.toMatch(/config-/)
    expect(exitCode).toBe(0)
  })

  test('builds stages that the Dockerfile has, on ports of this machine alone', () => {
    const stages = [...read('Dockerfile').matchAll(/^FROM .* AS (\S+)$/gm)].map(([, name]) => name)
    for (const name of ['issuer', 'proxy']) expect(stages).toContain(services[name].build.target)
    for (const port of services.issuer.ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(services.proxy).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  })

  test('the proxy and the issuer agree about the secret and the address', () => {
    expect(services.proxy.environment.OAUTH_CLIENT_SECRET).toBe(
      services.issuer.environment.DEMO_SECRET,
    )
    expect(read('compose/proxy.toml')).toContain(
      `issuer = "${services.issuer.environment.DEMO_ISSUER}"`,
    )
  })
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).error === undefined

describe.skipIf(!hasSystemd)('systemd', () => {
  test('takes the unit, and judges it well', async () => {
    const folder = await makeTempFolder()
    try {
      // The program is where npm puts it on the machine of the service.
      const unit = await folder.write(
        'mcp-proxy.service',
        read('systemd/mcp-proxy.service').replace('/usr/local/bin/mcp-proxy', process.execPath),
      )
      const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
      expect(verified.stderr).toBe('')
      expect(verified.status).toBe(0)
      const judged = execFileSync('systemd-analyze', ['security', '--offline=yes', unit], {
        encoding: 'utf8',
      })
      const exposure = /Overall exposure level for mcp-proxy\.service: ([\d.]+)/.exec(judged)?.[1]
      expect(Number(exposure)).toBeLessThan(2)
    } finally {
      await folder.remove()
    }
  })
})
