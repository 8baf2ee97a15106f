import { z } from 'zod';
import { errorText, parseDuration } from '../../base/index.ts';
import { attachmentFields, checkAttachment } from './attachment-schema.ts';
import { type FieldProblem, issueOf, textField } from './field.ts';
import { readInlineKeys } from './inline-keys.ts';

/** RequestAuthentication as Istio's CRD and webhook let it in. Istio specification, 2.1. */

const texts = z.array(textField()).optional();

const tokenRuleSchema = z
  .strictObject({
    issuer: textField().optional(),
    audiences: texts,
    jwksUri: textField(uriProblem).optional(),
    /** The spelling of the protocol buffer, which the CRD takes too. */
    jwks_uri: textField(uriProblem).optional(),
    jwks: z.string().optional(),
    fromHeaders: z
      .array(z.strictObject({ name: textField(headerNameProblem), prefix: z.string().optional() }))
      .optional(),
    fromParams: texts,
    fromCookies: texts,
    forwardOriginalToken: z.boolean().optional(),
    outputPayloadToHeader: z.string().superRefine(checkOutputHeader).optional(),
    outputClaimToHeaders: z
      .array(z.strictObject({ header: textField(strictHeaderNameProblem), claim: textField() }))
      .optional(),
    spaceDelimitedClaims: z.array(textField()).max(64).optional(),
    timeout: textField(timeoutProblem).optional(),
    /** In Istio since July 2026 (istio/api pull request 3737). */
    presence: z.enum(['OPTIONAL', 'REQUIRED']).optional(),
  })
  .superRefine((rule, context) => {
    const sources = (['jwksUri', 'jwks_uri', 'jwks'] as const).filter((name) => rule[name] !== undefined);
    const [, second] = sources;
    if (second !== undefined) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_TOKEN_RULE',
            message: `only one of ${sources.map((name) => `\`${name}\``).join(' and ')} can be there`,
            hint: 'keep the one that says where the keys are',
          },
          [second],
          true,
        ),
      );
    }
    if (rule.issuer === undefined && (rule.jwksUri ?? rule.jwks_uri) === undefined) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_TOKEN_RULE',
            message: 'a token rule needs an `issuer`, or a `jwksUri` for tokens of any issuer',
            hint: 'add `issuer`',
          },
          [],
          true,
        ),
      );
    }
    if (rule.jwks !== undefined && rule.jwks !== '') {
      const { problem } = readInlineKeys(rule.jwks);
      if (problem !== undefined) {
        context.addIssue(issueOf(problem, ['jwks']));
      }
    }
  });

export const requestAuthenticationSpec = z
  .strictObject({
    ...attachmentFields,
    jwtRules: z.array(tokenRuleSchema).max(4096).optional(),
  })
  .superRefine(checkAttachment);

export type RequestAuthenticationSpec = z.infer<typeof requestAuthenticationSpec>;
export type TokenRuleSpec = z.infer<typeof tokenRuleSchema>;

function uriProblem(text: string): FieldProblem | undefined {
  const url = text.length <= 2048 ? URL.parse(text) : null;
  return url === null || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)
    ? {
        code: 'ERR_POLICY_TOKEN_RULE',
        message: 'not an `https://` or `http://` URL of at most 2048 characters',
        hint: 'write the whole URL, such as `https://id.example.org/jwks.json`',
      }
    : undefined;
}

function strictHeaderNameProblem(text: string): FieldProblem | undefined {
  return /^[-_A-Za-z0-9]+$/.test(text)
    ? undefined
    : {
        code: 'ERR_POLICY_TOKEN_RULE',
        message: 'not the name of a header',
        hint: 'letters, digits, `-` and `_`',
      };
}

/** Istio takes any text; what is no header name could never carry a token, nor be set. */
function headerNameProblem(text: string): FieldProblem | undefined {
  return /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(text)
    ? undefined
    : {
        code: 'ERR_POLICY_TOKEN_RULE',
        message: 'not the name of a header',
        hint: 'write its name alone, without spaces, `:` or value, such as `x-token`',
      };
}

function checkOutputHeader(
  text: string,
  context: { addIssue(issue: ReturnType<typeof issueOf>): void },
): void {
  const problem = text === '' ? undefined : headerNameProblem(text);
  if (problem !== undefined) {
    context.addIssue(issueOf(problem));
  }
}

function timeoutProblem(text: string): FieldProblem | undefined {
  try {
    return !/[dy]/.test(text) && parseDuration(text).millis >= 1
      ? undefined
      : {
          code: 'ERR_POLICY_TOKEN_RULE',
          message: 'a timeout is at least 1ms, in `h`, `m`, `s` and `ms`',
          hint: 'write `5s`',
        };
  } catch (error) {
    return { code: 'ERR_POLICY_TOKEN_RULE', message: errorText(error), hint: 'such as `5s`' };
  }
}
