// Reads one JSON object of names and pages from standard input; prints what is wrong with each page.
import { text } from 'node:stream/consumers'
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate'

const loader = new FileSystemConfigLoader({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    'no-trailing-whitespace': 'off', // templates; nobody reads it
    'void-style': 'off', // <br> and <br/> are both HTML
    'doctype-style': 'off', // in any case
    'attribute-boolean-style': 'off',
    'require-sri': ['error', { target: 'crossorigin' }], // nothing comes from elsewhere
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'submit'] }],
    'heading-level': ['error', { minInitialRank: 'h2' }], // filters stand before the results
    'long-title': 'off', // titles are those of the items
  },
})
const htmlvalidate = new HtmlValidate(loader)
const pages = JSON.parse(await text(process.stdin))
const faults = []
for (const [name, page] of Object.entries(pages)) {
  const report = await htmlvalidate.validateString(page, `${name}.html`)
  for (const result of report.results)
    for (const m of result.messages) faults.push([name, m.ruleId, m.message, result.source?.split('\n')[m.line - 1]?.trim().slice(0, 160) ?? ''])
}
console.log(JSON.stringify(faults))
