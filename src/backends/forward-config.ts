// What a backend is given of its callers: the keys forward_auth and forward_headers, and the names that they may use.
import * as z from 'zod'

const identityHeader = (what: string) =>
  z.string().min(1).optional().describe(`Name of the header with ${what}`)

/** The allow-list: nothing else of a token reaches a backend. */
export const identityFields = ['subject', 'issuer', 'client_id', 'scopes'] as const
export type IdentityField = (typeof identityFields)[number]

export const forwardKeys = {
  forward_auth: z
    .strictObject({
      headers: z
        .strictObject({
          subject: identityHeader('the subject of the token (sub)'),
          issuer: identityHeader('its issuer (iss)'),
          client_id: identityHeader('the client that it was issued to'),
          scopes: identityHeader('its scopes, separated by blanks'),
        })
        .default({})
        .describe(
          'http, sse: headers that name the caller to the backend, under these names; what a header cannot carry is written as =?base64?...?=',
        ),
      meta: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Member of _meta that names the caller in each request: an object with iss, sub, client_id and scopes',
        ),
    })
    .optional()
    .describe(
      'Name the verified caller to the backend: never its token, and what callers send under these names is removed',
    ),
  forward_headers: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'http, sse: headers of callers that the backend is given: the name that callers use = the name for the backend; never Authorization, Cookie, headers of the protocol, or of one connection',
    ),
}

export type ForwardConfig = z.infer<z.ZodObject<typeof forwardKeys>>

/** What would be a credential of the caller at the backend: MCP authorization forbids to pass its token on. */
const credentials =
  /^(?:authorization|proxy-authorization|proxy-authenticate|cookie2?|set-cookie2?|dpop|x-forwarded-access-token)$/

/** Whether a header of callers may reach a backend at all, or a backend be given one of that name. */
export const isCredentialHeader = (name: string): boolean => credentials.test(name.toLowerCase())
