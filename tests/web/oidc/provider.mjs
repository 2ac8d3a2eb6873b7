// A certified OpenID provider (oidc-provider) with its own forms for signing in, on loopback.
// Arguments: the client's redirect address. Prints its own address once it listens.
import http from 'node:http'
import { Provider } from 'oidc-provider'

const redirect = process.argv[2]
const server = http.createServer((request, response) => handle(request, response))
let handle = (_, response) => response.end()

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'querverweis', client_secret: 'a-secret-of-the-test', redirect_uris: [redirect],
      grant_types: ['authorization_code'], response_types: ['code'],
    }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    conformIdTokenClaims: false, // the name stands in the ID token, as most services of houses do
    async findAccount(_, id) {
      return { accountId: id, claims: async () => ({ sub: id, preferred_username: id.replace(/^id-/, '') }) }
    },
  })
  handle = provider.callback()
  console.log(issuer)
})
process.stdin.on('end', () => process.exit(0)).resume() // whoever started us has ended
