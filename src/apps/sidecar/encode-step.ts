import { Injectable } from '@nestjs/common';
import { ConnectorRegistry } from '../../connector/connector.registry.js';
import { EncodeService } from '../../encoder/encode.service.js';
import { readJsonObject, type JsonObject } from '../../openai/json-object.js';
import { spliceMembers, type BodySlices } from '../../openai/json-splice.js';
import { BufferBudget } from '../../proxy/buffer-budget.js';
import type { Exchange } from '../../proxy/exchange.js';
import { replaceBody } from '../../proxy/replace-body.js';
import { LegHeads } from './leg-heads.js';

/** Prepares what the interceptor prepares first: has encoders compute embeddings, and edits the request by what they say. */
@Injectable()
export class EncodeStep {
  constructor(
    private readonly encodes: EncodeService,
    private readonly connectors: ConnectorRegistry,
    private readonly heads: LegHeads,
    private readonly budget: BufferBudget,
  ) {}

  /**
   * @param body of an exchange with encoders
   * @returns the body for the engines that follow; undefined where an encoder's answer is the answer of the request
   * @throws what EncodeService throws
   */
  async slices(exchange: Exchange, body: JsonObject): Promise<BodySlices | undefined> {
    const result = await this.encodes.run({
      exchange,
      body,
      head: (item, bytes) => this.heads.encode(exchange, item, bytes),
    });
    if (!result) return [body.bytes];
    if ('refusal' in result) {
      exchange.answer = result.refusal;
      return undefined;
    }
    // Not carried beside encoders; without a prefiller the connector was there for it alone.
    if (exchange.kvSource && !exchange.route) exchange.connector = undefined;
    exchange.kvSource = undefined;
    const edits = new Map(result.edits);
    // An engine must not refuse what nobody would then prefill elsewhere.
    if (!this.mindsThreshold(exchange)) edits.set('cache_hit_threshold', '0');
    return spliceMembers(body, edits);
  }

  /** The same as the body of the request, of which a connector makes legs. */
  async json(exchange: Exchange, body: JsonObject): Promise<JsonObject | undefined> {
    const slices = await this.slices(exchange, body);
    if (!slices || slices.length === 1) return slices && body;
    return readJsonObject(replaceBody(exchange, slices, this.budget));
  }

  private mindsThreshold({ route, connector }: Exchange): boolean {
    return route !== undefined && this.connectors.find(connector!)!.mindsThreshold;
  }
}
