// The ways out of the process for logins and stored tokens, made in one place.
import type { Ports } from '../../base/ports.ts'
import { systemPorts } from '../../base/system-ports.ts'

export const loginPorts = (): Ports => systemPorts()
