import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { createHealth } from '../../../src/grpc/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { cleanUp, LOOPBACK, openListener } from './bed.ts';

interface HealthClient extends grpc.Client {
  Check(
    request: { service: string },
    answer: (error: grpc.ServiceError | null, response?: { status: string }) => void,
  ): void;
  Watch(request: { service: string }): grpc.ClientReadableStream<{ status: string }>;
}

async function bed() {
  const health = createHealth();
  const { target, listener } = await openListener({
    address: LOOPBACK,
    services: [health.service(testDefinitions())],
  });
  const Client = grpc.makeClientConstructor(testDefinitions().service('grpc.health.v1.Health'), 'Health');
  const client = new Client(target, grpc.credentials.createInsecure()) as unknown as HealthClient;
  cleanUp(() => client.close());
  const check = (service: string): Promise<string> =>
    new Promise((resolve, reject) =>
      client.Check({ service }, (error, response) =>
        error ? reject(error) : resolve(response?.status ?? ''),
      ),
    );
  return { health, client, check, listener };
}

describe('grpc.health.v1', () => {
  it('says of the whole and of a service what it was told', async () => {
    const { health, check } = await bed();
    expect(await check('')).toBe('NOT_SERVING');
    health.set('', true);
    health.set('envoy.service.auth.v3.Authorization', false);
    expect(await check('')).toBe('SERVING');
    expect(await check('envoy.service.auth.v3.Authorization')).toBe('NOT_SERVING');
    expect(health.isServing('')).toBe(true);
  });

  it.each(['never.set', 'x'.repeat(LIMITS.resourceNameBytes + 1)])('does not know %.20s', async (service) => {
    const { check } = await bed();
    await expect(check(service)).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
  });

  it('tells a watcher at once, on every change, and UNAVAILABLE at the end', async () => {
    const { health, client, listener } = await bed();
    const seen: string[] = [];
    const watch = client.Watch({ service: 'sds' });
    watch.on('data', ({ status }) => seen.push(status));
    watch.on('error', () => undefined);
    const ended = new Promise<grpc.StatusObject>((resolve) => watch.once('status', resolve));
    await expect.poll(() => seen).toEqual(['SERVICE_UNKNOWN']);
    health.set('sds', true);
    await expect.poll(() => seen).toHaveLength(2);
    health.set('sds', true);
    health.set('sds', false);
    await expect.poll(() => seen).toEqual(['SERVICE_UNKNOWN', 'SERVING', 'NOT_SERVING']);
    await listener.stop(1000);
    expect(await ended).toMatchObject({ code: grpc.status.UNAVAILABLE });
  });
});
