#!/usr/bin/env python3
"""How long the HTML report of 300 layers takes to be written and to open in headless Chromium, with every figure.

page.py HEAVYTAIL [RUNS]: prints the size of the page, the time that the report adds to the analysis, and for each run the
time until the page is loaded and the processor time of the browser's main thread.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

LAYERS, ROWS, COLUMNS = 300, 384, 256


class Chromium:
    """A browser, spoken to through pipes by its DevTools protocol."""

    def __init__(self, folder):
        commands, self.output = os.pipe()
        self.input, answers = os.pipe()
        start = ('exec chromium --headless=new --no-sandbox --disable-gpu --remote-debugging-pipe '
                 f'--user-data-dir="{folder}/profile" about:blank 3<&{commands} 4>&{answers} 2>/dev/null')
        self.process = subprocess.Popen(['bash', '-c', start], pass_fds=(commands, answers))
        self.buffer, self.events, self.count, self.session = b'', [], 0, None
        target = self.send('Target.createTarget', url='about:blank')['targetId']
        self.session = self.send('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        self.send('Page.enable')
        self.send('Performance.enable', timeDomain='threadTicks')

    def send(self, method, **parameters):
        self.count += 1
        message = {'id': self.count, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.output, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.receive()
            if answer.get('id') == self.count:
                return answer['result']
            self.events.append(answer.get('method'))

    def receive(self):
        while b'\0' not in self.buffer:
            self.buffer += os.read(self.input, 1 << 16)
        message, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(message)

    def open(self, path):
        """Seconds until the page is loaded, and the main thread's of processor time."""
        start = time.perf_counter()
        self.send('Page.navigate', url='file://' + path)
        while 'Page.loadEventFired' not in self.events:
            self.events.append(self.receive().get('method'))
        wall = time.perf_counter() - start
        metrics = self.send('Performance.getMetrics')['metrics']
        return wall, next(metric['value'] for metric in metrics if metric['name'] == 'TaskDuration')

    def close(self):
        self.process.terminate()
        self.process.wait()


def main():
    program, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        model, page = folder + '/model.safetensors', folder + '/report.html'
        shape = ['--count', str(LAYERS), '--rows', str(ROWS), '--columns', str(COLUMNS)]
        subprocess.run([program, 'synth', 'student-t', *shape, '-o', model], check=True)
        options = ['--format', 'html', '--randomize', '--vectors', '--timings', '-o', page]
        result = subprocess.run([program, 'analyze', *options, model], check=True, capture_output=True, text=True)
        report = next(line.split()[1] for line in result.stderr.splitlines() if line.startswith('report'))
        print(f'{LAYERS} layers of {ROWS} x {COLUMNS}: {os.path.getsize(page) / 2**20:.2f} MiB, written in {report} s')
        for run in range(runs):
            os.mkdir(f'{folder}/{run}')
            browser = Chromium(f'{folder}/{run}')
            wall, processor = browser.open(page)
            browser.close()
            print(f'opens in {wall:.2f} s, {processor:.2f} s of the main thread')


main()
