import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../../config/sidecar.config.js';
import { ProxyError } from '../../errors/proxy.error.js';
import { sendContinue } from '../../listener/expect-continue.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../../openai/json-object.js';
import type { BodySlices } from '../../openai/json-splice.js';
import { bufferBody } from '../../proxy/buffer-body.js';
import { BufferBudget } from '../../proxy/buffer-budget.js';
import { contentCodingOf } from '../../proxy/content-coding.js';
import type { Exchange } from '../../proxy/exchange.js';
import { EncodeStep } from './encode-step.js';

/** Reads the bodies of requests that are not passed through, each once. */
@Injectable()
export class RequestBodies {
  constructor(
    private readonly budget: BufferBudget,
    private readonly encoding: EncodeStep,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {}

  /**
   * The body as the client sent it.
   *
   * @throws ProxyError encoded_body, bad_json; what `readBody` throws
   */
  async read(exchange: Exchange): Promise<JsonObject> {
    const coding = contentCodingOf(exchange.request);
    if (coding !== undefined) {
      throw new ProxyError('encoded_body', `content-encoding is ${coding}`);
    }
    const bytes = await bufferBody(exchange, {
      budget: this.budget,
      limit: this.config.maxRequestBytes,
      begin: () => sendContinue(exchange.response),
    });
    try {
      return readJsonObject(bytes);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      throw new ProxyError('bad_json', `${error.message} at byte ${error.offset}`);
    }
  }

  /** The body of an exchange with encoders, as {@link EncodeStep.json} leaves it. */
  async encoded(exchange: Exchange): Promise<JsonObject | undefined> {
    return this.encoding.json(exchange, await this.read(exchange));
  }

  /** The same for a decoder alone, as {@link EncodeStep.slices} leaves it. */
  async encodedSlices(exchange: Exchange): Promise<BodySlices | undefined> {
    return this.encoding.slices(exchange, await this.read(exchange));
  }
}
