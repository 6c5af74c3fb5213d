// What can be wrong with [[profiles]]: cases of config-value.
import { says, type Texts } from './spec.ts'

export const profileValues = {
  'profile-backend': says(
    ({ key, name, backends }: Texts<'key' | 'name' | 'backends'>) =>
      `${key}: ${name} is no backend that callers see: ${backends}`,
    { key: 'profiles[0].backends[1]', name: '"wiki"', backends: '"files", "tracker"' },
    'name a backend of this file; a backup, a canary or a mirror comes with the backend that it is for',
  ),
  'profile-scopes': says(
    ({ key }: Texts<'key'>) => `${key}: tokens of this kind of [auth] have no scopes`,
    { key: 'profiles[0].required_scopes' },
    'use type = "jwt" or "oauth", or leave them out',
  ),
}
