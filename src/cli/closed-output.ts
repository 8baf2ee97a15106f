/**
 * A reader that has seen enough, such as `| head`, closes its end. What is still written then goes nowhere, and the
 * command ends as it would have; any other failure of an output is one.
 */
export function bearClosedOutput(output: NodeJS.WriteStream): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}
