import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects to each URL of its standard input with java.net.http, does what internal/interoptest
 * says, and prints a line of JSON when a connection has ended.
 *
 * <pre>java Client.java CA-FILE</pre>
 */
public class Client {
  public static void main(String[] args) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(trusting(args[0])).build();
    BufferedReader urls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String url = urls.readLine(); url != null; url = urls.readLine()) {
      visit(client, url);
    }
    System.exit(0);
  }

  static SSLContext trusting(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream in = new FileInputStream(file)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  static void visit(HttpClient client, String url) {
    WebSocket.Builder builder = client.newWebSocketBuilder();
    if (URI.create(url).getPath().equals("/request")) {
      builder.subprotocols("other.protocol", "handset.interop");
    }
    builder.buildAsync(URI.create(url), new Conversation(url)).exceptionally(refused -> {
      int status = refused.getCause() instanceof WebSocketHandshakeException e ? e.getResponse().statusCode() : 0;
      report(url, 1006, "", status, refused);
      return null;
    });
  }

  static synchronized void report(String url, int code, String reason, int status, Throwable error) {
    System.out.printf("{\"url\":\"%s\",\"code\":%d,\"reason\":\"%s\",\"status\":%d,\"error\":\"%s\"}%n",
        url, code, reason, status, error == null ? "" : error.getClass().getName());
  }

  /** What the URL says. Its methods are called one after the other. */
  static class Conversation implements WebSocket.Listener {
    private final String url, path;
    private final Map<String, String> query = new HashMap<>();
    private final String[] fragments;
    private final StringBuilder text = new StringBuilder();
    private final List<ByteBuffer> binary = new ArrayList<>();
    private final List<String> pongs = new ArrayList<>();
    private CompletableFuture<?> sent = CompletableFuture.completedFuture(null);
    private int received, bytes;

    Conversation(String url) {
      this.url = url;
      path = URI.create(url).getPath();
      for (String pair : URI.create(url).getRawQuery().split("&")) {
        String[] halves = pair.split("=", 2);
        query.put(halves[0], URLDecoder.decode(halves[1], StandardCharsets.UTF_8));
      }
      fragments = query.getOrDefault("fragments", "1").split(",");
    }

    @Override
    public void onOpen(WebSocket socket) {
      switch (path) {
        case "/ping" -> then(() -> socket.sendPing(ByteBuffer.wrap("from the other end".getBytes(StandardCharsets.UTF_8))));
        case "/request" -> then(() -> socket.sendText("{\"protocol\":\"" + socket.getSubprotocol() + "\"}", true));
        default -> closeIfDue(socket);
      }
      socket.request(1);
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        String message = text.toString();
        text.setLength(0);
        answer(socket, message, null);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data).flip();
      binary.add(copy);
      if (last) {
        ByteBuffer message = ByteBuffer.allocate(binary.stream().mapToInt(ByteBuffer::remaining).sum());
        binary.forEach(message::put);
        binary.clear();
        answer(socket, null, message.flip());
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
      pongs.add(StandardCharsets.UTF_8.decode(payload).toString());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      report(url, code, reason, 0, null);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      report(url, 1006, "", 0, error);
    }

    private void answer(WebSocket socket, String text, ByteBuffer binary) {
      int n = Integer.parseInt(fragments[received % fragments.length]);
      switch (path) {
        case "/echo" -> {
          if (text != null) {
            sendText(socket, text, n);
          } else {
            sendBinary(socket, binary, n);
          }
        }
        case "/ping" -> then(() -> socket.sendText(String.join(",", pongs), true));
        case "/slow" -> {
          sleep();
          if (text != null) {
            String total = String.valueOf(bytes);
            then(() -> socket.sendText(total, true));
          }
        }
        default -> { }
      }
      received++;
      bytes += text != null ? text.length() : binary.limit();
      closeIfDue(socket);
    }

    private void sendText(WebSocket socket, String text, int n) {
      int from = 0;
      for (int k = 1; k <= n; k++) {
        int to = (int) ((long) k * text.length() / n);
        if (to < text.length() && Character.isLowSurrogate(text.charAt(to))) {
          to++; // fragments of sendText have whole characters
        }
        String part = text.substring(from, to);
        boolean last = k == n;
        then(() -> socket.sendText(part, last));
        from = to;
      }
    }

    private void sendBinary(WebSocket socket, ByteBuffer data, int n) {
      int size = data.limit();
      for (int k = 0; k < n; k++) {
        int from = (int) ((long) k * size / n);
        ByteBuffer part = data.slice(from, (int) ((long) (k + 1) * size / n) - from);
        boolean last = k == n - 1;
        then(() -> socket.sendBinary(part, last));
      }
    }

    private void closeIfDue(WebSocket socket) {
      if (path.equals("/close") && received == Integer.parseInt(query.get("after"))) {
        then(() -> socket.sendClose(Integer.parseInt(query.get("code")), query.getOrDefault("reason", "")));
      }
    }

    /** Sends when what was sent before has been: two sends at a time are an error. */
    private void then(Supplier<CompletableFuture<?>> send) {
      sent = sent.thenCompose(ignored -> send.get());
    }

    private static void sleep() {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
