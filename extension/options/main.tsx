import { render } from 'preact'
import { speak } from '../design/language.ts'
import { followOwnerView } from '../design/page-view.ts'
import { words } from '../messages/words.ts'
import { createPageHost } from '../platform/page-host.ts'
import { OptionsPage } from './options-page.tsx'

const host = createPageHost()
speak(host.language, words[host.language].options.tabTitle)
const place = document.querySelector('#app')
if (!place) throw new Error('options/index.html has no #app')
render(<OptionsPage host={host} view={followOwnerView(host)} />, place)
