// Whether a browser that this process opens would be seen by the person: decided by the environment alone.

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly exists: (path: string) => boolean
}

export type NoBrowser = 'ci' | 'ssh' | 'container' | 'display'

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ''

const containerMarks = ['/.dockerenv', '/run/.containerenv']

/** Undefined where one can be opened. A display that is forwarded (X11 over SSH) counts as one. */
export const noBrowserBecause = ({
  env,
  platform,
  exists,
}: Surroundings): NoBrowser | undefined => {
  const has = (name: string): boolean => isSet(env[name])
  const isCi = has('CI') && env['CI'] !== 'false' && env['CI'] !== '0'
  if (isCi) return 'ci'
  const isSsh = has('SSH_CONNECTION') || has('SSH_TTY') || has('SSH_CLIENT')
  const isUnix = platform !== 'win32' && platform !== 'darwin'
  const hasDisplay = has('DISPLAY') || has('WAYLAND_DISPLAY')
  if (isSsh && !(isUnix && hasDisplay)) return 'ssh'
  if (!isUnix || hasDisplay) return undefined
  if (has('container') || has('KUBERNETES_SERVICE_HOST') || containerMarks.some(exists)) {
    return 'container'
  }
  // A Linux of Windows opens the browser of Windows.
  return has('WSL_DISTRO_NAME') || has('WSL_INTEROP') ? undefined : 'display'
}

export const noBrowserText: Readonly<Record<NoBrowser, string>> = {
  ci: 'this is a CI job: no browser is opened',
  ssh: 'this is a session over SSH: no browser is opened here',
  container: 'this is a container: no browser is opened here',
  display: 'there is no display: no browser is opened here',
}
