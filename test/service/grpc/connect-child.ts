/** Connects to the Unix socket of its first argument and stays until it is ended. */
import { connect } from 'node:net';

const path = process.argv[2] ?? '';
const socket = connect({ path }, () => process.stdout.write('connected\n'));
socket.on('error', () => process.exit(1));
