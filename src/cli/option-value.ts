import { InvalidArgumentError } from 'commander';
import { errorText } from '../base/index.ts';

/** A parser as commander wants one: its error names the option. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(errorText(error));
    }
  };
}
