// A component that is drawn again only where one of its values is another: hundreds of rows stay as they are.
import { Component, h, type ComponentType, type VNode } from 'preact'

export const memo = <Props extends object>(Inner: (props: Props) => VNode): ComponentType<Props> =>
  class Remembered extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const before = this.props as Readonly<Record<string, unknown>>
      return Object.entries(next).some(([name, value]) => !Object.is(before[name], value))
    }

    override render() {
      return h(Inner as ComponentType<Props>, this.props as Props)
    }
  }
