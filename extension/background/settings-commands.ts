import { ownerCategoryNames } from '#network-policy'
import {
  type CommandResult,
  checkSettings,
  commandDone,
  commandFailed,
  type OwnerCommands,
  type OwnerRules,
  type OwnerSettings,
} from '../messages/index.ts'
import type { NodeController } from './node-controller.ts'

type SettingsCommands = Pick<OwnerCommands, 'changeSettings' | 'refuseSite' | 'refuseCustomer'>

const isCategory = (name: string): boolean => ownerCategoryNames.some((known) => known === name)

/** What the owner decides about sharing. A change is taken whole or not at all, and holds for what runs now. */
export function createSettingsCommands(booted: Promise<NodeController>): SettingsCommands {
  async function change(changes: unknown): Promise<CommandResult> {
    const node = await booted
    const checked = checkSettings(changes, isCategory)
    if (!checked.ok) return commandFailed('settings-invalid', checked.detail)
    const remembered = node.owner.change({ settings: { ...node.owner.state.settings, ...checked.changes } })
    node.refresh()
    await remembered
    return commandDone
  }

  async function refuse(add: (rules: OwnerRules) => Partial<OwnerRules>): Promise<CommandResult> {
    const { rules }: OwnerSettings = (await booted).owner.state.settings
    return change({ rules: { ...rules, ...add(rules) } })
  }

  return {
    changeSettings: change,
    refuseSite: (wanted) => refuse(({ deniedHosts }) => ({ deniedHosts: [...deniedHosts, wanted?.host] })),
    refuseCustomer: (wanted) =>
      refuse(({ deniedCustomers }) => ({ deniedCustomers: [...deniedCustomers, wanted] })),
  }
}
