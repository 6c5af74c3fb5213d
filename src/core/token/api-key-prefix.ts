// How an API key of ours begins: whatever begins so is judged as one, and is sent to no authorization server.

export const apiKeyPrefix = 'mcpk_'

export const isApiKey = (token: string): boolean => token.startsWith(apiKeyPrefix)
