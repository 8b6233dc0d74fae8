package load

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"time"
)

// Idle opens connections that each echo a message and then say nothing more.
type Idle struct {
	Conns    int
	Messages int // that each echoes first, over TLS always one; 0 is 1
	Tape     TapeSpec
	Group    bool // they are members of one group, and each receives the message of the first
}

// Run opens the connections to the target's /echo, or /group, calls idle while they
// are open, and closes them.
func (d Idle) Run(target Target, idle func() error) error {
	open := d.openPlain
	switch {
	case d.Group:
		open = d.openGroup
	case target.TLS:
		open = d.openTLS
	}
	closeAll, err := open(target)
	defer closeAll()
	if err != nil {
		return err
	}
	return idle()
}

func (d Idle) openPlain(target Target) (closeAll func(), err error) {
	crowd, err := openCrowd(target, "/echo", NewTape(d.Tape), d.Conns, 1)
	if err != nil {
		return func() {}, err
	}
	return crowd.close, crowd.play(func(int) int { return max(d.Messages, 1) })
}

func (d Idle) openGroup(target Target) (closeAll func(), err error) {
	members, err := openMembers(target, d.Tape, d.Conns)
	if err != nil {
		return func() {}, err
	}
	return members.close, members.publish()
}

// openTLS does without epoll: nothing is timed.
func (d Idle) openTLS(target Target) (closeAll func(), err error) {
	tape, conns := NewTape(d.Tape), make([]net.Conn, d.Conns)
	err = inParallel(d.Conns, dialers, func(i int) (err error) {
		conns[i], err = echoOnceTLS(target, tape, i)
		return err
	})
	return func() {
		for _, conn := range conns {
			if conn != nil {
				conn.Close()
			}
		}
	}, err
}

// clientTLS trusts anyone, because the certificate is the bench's own.
var clientTLS = tls.Config{InsecureSkipVerify: true}

// echoOnceTLS opens a connection and has message number i of the tape echoed.
func echoOnceTLS(target Target, tape *Tape, i int) (net.Conn, error) {
	plain, err := net.DialTimeout("tcp4", target.Addr.String(), stallLimit)
	if err != nil {
		return nil, err
	}
	plain.(*net.TCPConn).SetLinger(0)
	conn := tls.Client(plain, &clientTLS)
	conn.SetDeadline(time.Now().Add(stallLimit))
	if err := echoOnce(conn, target, tape, i); err != nil {
		return conn, err
	}
	return conn, conn.SetDeadline(time.Time{})
}

func echoOnce(conn net.Conn, target Target, tape *Tape, i int) error {
	if _, err := conn.Write(request(target.Addr.String(), "/echo", Plain)); err != nil {
		return err
	}
	r := bufio.NewReader(conn)
	if err := readAnswer(r); err != nil {
		return err
	}
	// Not sent with the handshake, which half of the libraries do not take.
	if _, err := conn.Write(tape.Wire(i, 1)); err != nil {
		return err
	}
	got := make([]byte, len(tape.echo(i)))
	if _, err := io.ReadFull(r, got); err != nil {
		return err
	}
	if !bytes.Equal(got, tape.echo(i)) {
		return ErrWrongBytes
	}
	return nil
}

func readAnswer(r *bufio.Reader) error {
	var answer []byte
	for !bytes.HasSuffix(answer, headerEnd) {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		answer = append(answer, line...)
	}
	_, err := checkAnswer(answer, Plain)
	return err
}
