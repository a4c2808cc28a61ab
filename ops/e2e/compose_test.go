package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// composition is what compose.yaml may say; anything else is a fault of the file.
type composition struct {
	Name     string
	Node     yaml.Node `yaml:"x-node"`
	Services map[string]container
	Secrets  map[string]struct{ File string }
	Volumes  map[string]struct{}
	Networks map[string]struct {
		Internal bool
		IPAM     struct {
			Config []struct {
				Subnet string
				Range  string `yaml:"ip_range"`
			}
		}
	}
}

type container struct {
	Build struct {
		Context string
		Args    map[string]string
	}
	Image           string
	Hostname        string
	User            string
	Entrypoint      []string
	Command         []string
	Restart         string
	ReadOnly        bool           `yaml:"read_only"`
	CapDrop         []string       `yaml:"cap_drop"`
	SecurityOpt     []string       `yaml:"security_opt"`
	Ulimits         map[string]int // core: 0
	StopGracePeriod string         `yaml:"stop_grace_period"`
	ShmSize         string         `yaml:"shm_size"`
	EnvFile         []string       `yaml:"env_file"`
	Environment     map[string]string
	Secrets         []string
	Volumes         []string
	Ports           []string
	NetworkMode     string `yaml:"network_mode"`
	Networks        networks
	DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck     struct {
		Test              []string
		Interval, Timeout string
		Retries           int
	}
}

// networks is a list of names, or names with an address.
type networks []string

func (n *networks) UnmarshalYAML(value *yaml.Node) error {
	if value.Kind == yaml.SequenceNode {
		return value.Decode((*[]string)(n))
	}
	var addressed map[string]struct {
		Address string `yaml:"ipv4_address"`
	}
	if err := value.Decode(&addressed); err != nil {
		return err
	}
	for name := range addressed {
		*n = append(*n, name)
	}
	return nil
}

func compose(t *testing.T) composition {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(read(t, shipped+"/compose.yaml")))
	d.KnownFields(true)
	var c composition
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// known gives the program's settings: the README's table, which a test of the program holds.
func known(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllSubmatch(read(t, "../../README.md"), -1) {
		names = append(names, string(m[1]))
	}
	if len(names) < 40 {
		t.Fatalf("only %d settings found", len(names))
	}
	return names
}

func TestComposeFitsTheProgram(t *testing.T) {
	t.Parallel()
	c, names := compose(t), known(t)
	for _, name := range []string{"node1", "node2"} {
		n := c.Services[name]
		for setting := range n.Environment {
			if !slices.Contains(names, setting) {
				t.Errorf("%s: %s is no setting", name, setting)
			}
		}
		if !n.ReadOnly || len(n.Ports) != 0 || !slices.Equal(n.CapDrop, []string{"ALL"}) || slices.Contains(n.Networks, "public") {
			t.Errorf("%s is open: %+v", name, n)
		}
		if n.Environment["KEY_DIR"] != "/keys" || !slices.Contains(n.Volumes, "keys:/keys") {
			t.Errorf("%s: keys are not on their volume", name)
		}
	}
	docker := string(read(t, "../../Dockerfile"))
	for _, m := range regexp.MustCompile(`([A-Z_]+)=`).FindAllStringSubmatch(docker[strings.Index(docker, "\nENV "):], -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("Dockerfile: %s is no setting", m[1])
		}
	}
}

// What prepare.sh draws, what is mounted, and what is declared belong together.
func TestComposeIsWhole(t *testing.T) {
	t.Parallel()
	c := compose(t)
	prepare := string(read(t, shipped+"/prepare.sh"))
	made := func(path string) bool {
		name, secret := strings.CutPrefix(strings.TrimPrefix(path, "./"), "secrets/")
		if secret {
			return strings.Contains(prepare, name)
		}
		_, err := os.Stat(filepath.Join(shipped, path))
		return err == nil
	}
	for _, s := range c.Secrets {
		if !made(s.File) {
			t.Errorf("secret %s is made by nobody", s.File)
		}
	}
	for name, s := range c.Services {
		if s.Image == "" || strings.Contains(s.Image, "/") || s.Ulimits["core"] != 0 {
			t.Errorf("%s: image %q, limits %v", name, s.Image, s.Ulimits)
		}
		if _, limited := s.Ulimits["core"]; !limited && name != "keys" {
			t.Errorf("%s may write core files", name)
		}
		if len(s.Ports) > 0 && name != "proxy" {
			t.Errorf("%s is published", name)
		}
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				t.Errorf("%s: secret %s is not declared", name, secret)
			}
		}
		for _, file := range s.EnvFile {
			if !made(file) {
				t.Errorf("%s: %s is made by nobody", name, file)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[from]; !ok && !strings.HasPrefix(from, "${") && !made(from) {
				t.Errorf("%s: %s is neither volume nor file", name, from)
			}
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s: network %s is not declared", name, n)
			}
		}
		for on := range s.DependsOn {
			if _, ok := c.Services[on]; !ok {
				t.Errorf("%s waits for %s, which is no service", name, on)
			}
		}
	}
	// Every variable that the proxy reads is given, and none more.
	read := regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`).FindAllStringSubmatch(string(read(t, shipped+"/haproxy.cfg")), -1)
	given := c.Services["proxy"].Environment
	for _, m := range read {
		if given[m[1]] == "" {
			t.Errorf("the proxy is not given %s", m[1])
		}
	}
	if len(read) != len(given) {
		t.Errorf("the proxy reads %d variables and is given %d", len(read), len(given))
	}
}

// The unit for several nodes is the unit for one, but for its name and its own settings; both give the
// program more time to stop than it takes, and its settings exist.
func TestUnitsAgree(t *testing.T) {
	t.Parallel()
	lines := func(file string) (list []string) {
		for line := range strings.Lines(string(read(t, shipped+"/systemd/"+file))) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "Description=") {
				list = append(list, line)
			}
		}
		return list
	}
	readme := string(read(t, "../../README.md"))
	term := regexp.MustCompile("`TERM_SECONDS` \\| ([0-9]+) ").FindStringSubmatch(readme)
	grace := strings.TrimSuffix(compose(t).Services["node1"].StopGracePeriod, "s")
	one, many := lines("adviceline.service"), lines("adviceline@.service")
	for _, line := range one {
		if seconds, ok := strings.CutPrefix(line, "TimeoutStopSec="); ok {
			if number(t, seconds) <= number(t, term[1]) || number(t, grace) <= number(t, term[1]) {
				t.Errorf("killed after %s or %s seconds, but stopping may take %s", seconds, grace, term[1])
			}
		}
	}
	own := slices.Index(many, "EnvironmentFile=/etc/adviceline/%i.env")
	if own < 0 || !slices.Equal(slices.Delete(many, own, own+1), one) {
		t.Error("adviceline@.service is not adviceline.service with settings of its own")
	}
	for _, line := range one {
		if pairs, ok := strings.CutPrefix(line, "Environment="); ok {
			for pair := range strings.FieldsSeq(pairs) {
				if name, _, _ := strings.Cut(pair, "="); !slices.Contains(known(t), name) {
					t.Errorf("%s is no setting", name)
				}
			}
		}
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
