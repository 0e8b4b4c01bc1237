import { fetch } from 'undici';
import { createResilientFetch } from '../../client/dependent';
import type { System } from './system';

type Headers = (secret: string) => Readonly<Record<string, string>>;

/** How a service and a thief use a token that is sent with each request, in these headers. `parkMs`: how long the service waits for the next one. */
export function tokenUse(headers: Headers, parkMs?: number): Pick<System<'http'>, 'serve' | 'enter'> {
  return {
    serve(credential, at) {
      const send = createResilientFetch(credential, { headers, ...(parkMs === undefined ? {} : { parkMs }) });
      return {
        async request() {
          const response = await send(at);
          await response.text();
          if (!response.ok) throw Object.assign(new Error('the server did not answer'), { code: response.status });
        },
        end: () => undefined,
      };
    },

    async enter({ secret }, at) {
      const request = async (): Promise<void> => {
        const response = await fetch(at, { headers: headers(secret) });
        await response.text();
        if (!response.ok) throw new Error(`answered ${response.status}`);
      };
      await request();
      return { request, end: () => undefined };
    },
  };
}
