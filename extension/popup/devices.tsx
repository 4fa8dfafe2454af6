import { useSignal } from '@preact/signals'
import { formatBytes, formatInstant } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { type DeviceView, fill, type PageHost } from '../messages/index.ts'
import { More } from './more.tsx'
import { useAnswerText, usePopupWords } from './popup-words.ts'

type DevicesProps = { host: PageHost; devices: DeviceView[] | null; isLinked: boolean }

/** The browsers of this account. The relay is asked when somebody looks, over the link that stands; looking connects nothing. */
export function Devices({ host, devices, isLinked }: DevicesProps) {
  const { popup } = usePopupWords()
  const words = popup.devices
  const failure = useSignal<string | null>(null)
  const answerText = useAnswerText()
  const ask = async () => {
    if (!isLinked) return
    failure.value = answerText(await host.background.sendCommand('listDevices'))
  }
  const glance = devices
    ? fill(words.summary, {
        linked: devices.filter(({ linked }) => linked).length,
        all: devices.length,
      })
    : words.ask
  return (
    <More title={words.title} glance={glance} testId="devices" opened={ask}>
      {failure.value && (
        <p class="small" role="alert" data-testid="devices-problem">
          {failure.value}
        </p>
      )}
      {devices && (
        <ul class="rows">
          {devices.map((device) => (
            <Device key={device.nodeId} device={device} />
          ))}
        </ul>
      )}
    </More>
  )
}

function Device({ device }: { device: DeviceView }) {
  const { popup } = usePopupWords()
  const words = popup.devices
  const language = useLanguage()
  const name = device.isThisOne ? words.thisOne : words.kinds[device.kind]
  const state = device.linked
    ? words.linked
    : fill(words.lastSeen, { time: formatInstant(device.lastSeenUnixMs, language) })
  return (
    <li>
      <span class="row-main">
        <span class="lamp" data-tone={device.linked ? 'good' : 'rest'} />
        {name}
        {device.country && <span class="soft"> {device.country}</span>}
      </span>
      <span class="row-end numbers">{formatBytes(device.carriedBytes, language)}</span>
      <span class="row-below soft small">{state}</span>
    </li>
  )
}
