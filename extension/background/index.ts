import { createBackgroundSide } from '../messages/index.ts'
import { createBackgroundMessenger } from '../platform/index.ts'

createBackgroundSide(createBackgroundMessenger())
